package dev.tenfold.journey.app;

import com.sun.net.httpserver.HttpServer;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.SessionToken;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One application server, one process. It says {@code READY <port>} on its standard output when it serves, {@code EVENT
 * <kind> <text>} when one of its parts changes its state, and ends when its standard input does, which is when its parent
 * dies at the latest.
 */
public final class AppServer {

    /** What a server that is up prints, before its port. */
    public static final String READY = "READY ";

    /** What it prints before an event's kind and text. */
    public static final String EVENT = "EVENT ";

    private static final int THREADS = 64;
    private static final int BACKLOG = 128;

    /** All servers sign with the same key. A real application takes it from its secret store. */
    private static final byte[] SECRET = "the journey is no secret".getBytes(StandardCharsets.UTF_8);

    private AppServer() {}

    /**
     * Serves until standard input ends.
     *
     * @param arguments an {@link AppConfig}
     * @throws Exception if the server cannot be wired or cannot listen
     */
    public static void main(String[] arguments) throws Exception {
        AppConfig config = AppConfig.parse(arguments);
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        Observer events = event -> out.println(EVENT + event.kind() + " " + event.source() + ": " + event.message());
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (Wiring wiring = new Wiring(config, events)) {
            HttpServer server = HttpServer.create(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), config.port()), BACKLOG);
            server.setExecutor(threads);
            server.createContext("/", new Api(wiring, SessionToken.signedWith(SECRET)));
            server.start();
            out.println(READY + server.getAddress().getPort());
            awaitEndOfInput();
            server.stop(0);
        } finally {
            threads.shutdown();
        }
    }

    private static void awaitEndOfInput() throws IOException {
        while (System.in.read() >= 0) {
            // nobody has anything to say
        }
    }
}
