package dev.tenfold.journey.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.journey.live.Board.Health;
import dev.tenfold.journey.live.Board.Layer;
import dev.tenfold.journey.live.Board.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Spoken to in plain HTTP: a client of the JDK would not send the headers that an attacker's page may. */
final class LiveServerTest {

    private static final Pattern TOKEN = Pattern.compile("journey-token\" content=\"([0-9a-f]{32})\"");

    private final Board board = new Board();
    private final List<String> done = new CopyOnWriteArrayList<>();
    private LiveServer server;
    private int port;

    @BeforeEach
    void start() throws IOException {
        board.workedBy((announcement, action) -> done.add(announcement));
        board.add(new Board.Part(
                "app-1",
                "app-1",
                Layer.SERVER,
                "",
                List.of(),
                () -> new State(Health.WELL, "<b>healthy</b>", 12),
                Map.of("kill", () -> {})));
        server = new LiveServer(board, 0);
        port = server.uri().getPort();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private String say(String request, String body, String... headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            StringBuilder text = new StringBuilder(request).append(" HTTP/1.1\r\nConnection: close\r\n");
            for (String header : headers) {
                text.append(header).append("\r\n");
            }
            text.append("Content-Length: ")
                    .append(body.length())
                    .append("\r\n\r\n")
                    .append(body);
            socket.getOutputStream().write(text.toString().getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String host() {
        return "Host: 127.0.0.1:" + port;
    }

    private String origin() {
        return "Origin: http://127.0.0.1:" + port;
    }

    private String token() throws IOException {
        Matcher found = TOKEN.matcher(say("GET /", "", host()));
        assertThat(found.find()).isTrue();
        return "X-Journey-Token: " + found.group(1);
    }

    @Test
    void servesThePageAndWhatItNeedsAndNothingElse() throws Exception {
        assertThat(say("GET /", "", host()))
                .startsWith("HTTP/1.1 200")
                .contains("default-src 'none'", "/live.js")
                .doesNotContain("{{");
        assertThat(say("GET /live.js", "", host())).contains("text/javascript");
        assertThat(say("GET /live.css", "", host())).contains("text/css");
        assertThat(say("GET /../LiveServer.class", "", host())).startsWith("HTTP/1.1 404");
        assertThat(say("DELETE /", "", host())).startsWith("HTTP/1.1 404");
    }

    @Test
    void showsWhatWasPublishedLast() throws Exception {
        assertThat(say("GET /state", "", host())).endsWith("{}");

        board.publish(new Board.Load("Stage 3", "story", 2.5, 100, 0, 40, 1.5, 9.5, List.of(9.5), List.of()));

        assertThat(say("GET /state", "", host()))
                .contains("\"stage\":\"Stage 3\"", "\"id\":\"app-1\"", "\"health\":\"WELL\"", "\"actions\":[\"kill\"]")
                .doesNotContain("<b>");
    }

    @Test
    void doesWhatItsOwnPageAsksFor() throws Exception {
        assertThat(say("POST /act", "part=app-1&action=kill", host(), origin(), token()))
                .startsWith("HTTP/1.1 202");
        assertThat(done).containsExactly("app-1: kill");
    }

    @Test
    void doesNothingForAnybodyElse() throws Exception {
        String kill = "part=app-1&action=kill";
        String token = token();

        assertThat(say("POST /act", kill, host(), origin())).as("no token").startsWith("HTTP/1.1 403");
        assertThat(say("POST /act", kill, host(), origin(), "X-Journey-Token: 00"))
                .as("wrong token")
                .startsWith("HTTP/1.1 403");
        assertThat(say("POST /act", kill, host(), token)).as("no origin").startsWith("HTTP/1.1 403");
        assertThat(say("POST /act", kill, host(), token, "Origin: http://evil.example"))
                .as("another origin")
                .startsWith("HTTP/1.1 403");
        assertThat(say("POST /act", kill, "Host: evil.example:" + port, "Origin: http://evil.example:" + port, token))
                .as("a name that was pointed here")
                .startsWith("HTTP/1.1 403");
        assertThat(say("GET /act?" + kill, "", host(), origin(), token))
                .as("not a POST")
                .startsWith("HTTP/1.1 404");
        assertThat(done).isEmpty();
    }

    @Test
    void knowsOnlyPartsAndTheirActions() throws Exception {
        String token = token();
        for (String body : List.of("", "part=app-2&action=kill", "part=app-1&action=format", "part=%&action=%zz")) {
            assertThat(say("POST /act", body, host(), origin(), token)).as(body).startsWith("HTTP/1.1 404");
        }
        assertThat(done).isEmpty();
    }
}
