package dev.tenfold.journey.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.load.Site.Ask;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BrowserTest {

    private static final Ask PROFILE = new Ask("GET", "/users/1", "", new Person(1));

    private final Browser browser = new Browser(Duration.ofSeconds(5), Duration.ofSeconds(5));
    private final ExecutorService threads = Executors.newSingleThreadExecutor();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    /** Asks a server that says this and hangs up. */
    private Answer ask(String answer) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Future<?> served = threads.submit(() -> {
                try (Socket client = listener.accept()) {
                    byte[] request = new byte[1024];
                    assertThat(client.getInputStream().read(request)).isPositive();
                    client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                }
                return null;
            });
            Answer got = browser.send(URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/"), PROFILE);
            served.get();
            return got;
        }
    }

    @Test
    void aWholeAnswerIsAnAnswer() throws Exception {
        assertThat(ask("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1\nme")).isEqualTo(new Answer(200, "1\nme"));
        assertThat(ask("HTTP/1.1 204 No Content\r\n\r\n")).isEqualTo(new Answer(204, ""));
    }

    @Test
    void anAnswerThatIsCutShortIsNone() {
        assertThatThrownBy(() -> ask("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> ask("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n1\nme"))
                .isInstanceOf(IOException.class);
    }
}
