package dev.tenfold.journey.load;

import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.load.Site.Ask;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Sends one request to one server, on the JDK's oldest HTTP client: it costs a sixth of the CPU time of {@code
 * java.net.http.HttpClient}, and the load shares two cores with what it measures.
 */
public final class Browser {

    private final int connectMillis;
    private final int readMillis;

    /**
     * Makes a browser. Thread-safe.
     *
     * @param connect how long to try to connect
     * @param read how long to wait for the answer
     */
    public Browser(Duration connect, Duration read) {
        this.connectMillis = (int) connect.toMillis();
        this.readMillis = (int) read.toMillis();
    }

    /**
     * Prepares the client that comes with the JDK; call before its first use in this process. It keeps enough connections for
     * a worker each, and does not silently send a write twice.
     */
    public static void configure() {
        System.setProperty("http.maxConnections", "128");
        System.setProperty("sun.net.http.retryPost", "false");
    }

    /**
     * Sends a request with its person's cookies, and gives the person the cookies of the answer.
     *
     * @param server whom to ask
     * @param ask what to ask
     * @return the answer
     * @throws IOException if there was none
     */
    public Answer send(URI server, Ask ask) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) server.resolve(ask.path()).toURL().openConnection();
        connection.setConnectTimeout(connectMillis);
        connection.setReadTimeout(readMillis);
        connection.setRequestMethod(ask.method());
        connection.setRequestProperty("Cookie", ask.person().cookies());
        if (!ask.isRead()) {
            byte[] body = ask.body().getBytes(StandardCharsets.UTF_8);
            connection.setDoOutput(true);
            connection.setFixedLengthStreamingMode(body.length);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
        }
        int status = connection.getResponseCode();
        if (status < 0) {
            throw new IOException("no HTTP answer from " + server);
        }
        // Drained to its end, or the connection is not used again.
        byte[] body = {};
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            if (in != null) {
                body = in.readAllBytes();
            }
        }
        // This client takes the end of a connection for the end of an answer, such as when the server is killed in it.
        if (body.length < connection.getContentLengthLong()) {
            throw new IOException("the answer of " + server + " was cut short after " + body.length + " of "
                    + connection.getContentLengthLong() + " bytes");
        }
        for (Map.Entry<String, List<String>> header :
                connection.getHeaderFields().entrySet()) {
            if (header.getKey() != null
                    && header.getKey().toLowerCase(Locale.ROOT).equals("set-cookie")) {
                header.getValue().forEach(ask.person()::accept);
            }
        }
        return new Answer(status, new String(body, StandardCharsets.UTF_8));
    }
}
