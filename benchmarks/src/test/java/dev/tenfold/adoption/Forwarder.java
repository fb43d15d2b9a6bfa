package dev.tenfold.adoption;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** A server of the company that sends the goods. */
final class Forwarder implements AutoCloseable {

    static final long CENTS = 395;

    private final HttpServer server;

    Forwarder() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/quote", exchange -> {
            byte[] cents = Long.toString(CENTS).getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, cents.length);
            exchange.getResponseBody().write(cents);
            exchange.close();
        });
        server.start();
    }

    String address() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    /** Is gone: nobody listens any more. */
    @Override
    public void close() {
        server.stop(0);
    }
}
