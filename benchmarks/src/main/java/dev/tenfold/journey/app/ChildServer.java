package dev.tenfold.journey.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.tenfold.observe.Observer;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What the processes of the journey have in common. One says {@code READY <port>} on its standard output when it serves,
 * {@code EVENT <kind> <text>} when one of its parts changes its state, and ends when its standard input does, which is when
 * its parent dies at the latest.
 */
public final class ChildServer {

    /** What a server that is up prints, before its port. */
    public static final String READY = "READY ";

    /** What it prints before an event's kind and text. */
    public static final String EVENT = "EVENT ";

    private static final int THREADS = 64;
    private static final int BACKLOG = 128;

    private final PrintStream out =
            new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    ChildServer() {}

    /** Something that the journey, and nobody else, may tell a server to do. */
    @FunctionalInterface
    interface Order {

        /** Does it; what it throws is the answer. */
        void obey(String value) throws Exception;
    }

    /** Tells the parent what happens. */
    Observer events() {
        return event -> out.println(EVENT + event.kind() + " " + event.source() + ": " + event.message());
    }

    /** Serves until the parent ends or closes the standard input. */
    void serve(int port, HttpHandler handler, Map<String, Order> orders) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            HttpServer server =
                    HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
            server.setExecutor(threads);
            server.createContext("/", handler);
            server.createContext("/control/", exchange -> obey(exchange, orders));
            server.start();
            out.println(READY + server.getAddress().getPort());
            awaitEndOfInput();
            server.stop(0);
        } finally {
            threads.shutdown();
        }
    }

    /** {@code POST /control/<order>/<value>}. The server listens on the loopback interface alone. */
    private static void obey(HttpExchange exchange, Map<String, Order> orders) throws IOException {
        String[] path = exchange.getRequestURI().getPath().split("/", -1);
        Order order = path.length == 4 ? orders.get(path[2]) : null;
        byte[] why = {};
        int status = 204;
        if (order == null || !exchange.getRequestMethod().equals("POST")) {
            status = 404;
        } else {
            try {
                order.obey(path[3]);
            } catch (Exception refused) {
                status = 500;
                why = refused.toString().getBytes(StandardCharsets.UTF_8);
            }
        }
        exchange.sendResponseHeaders(status, why.length == 0 ? -1 : why.length);
        exchange.getResponseBody().write(why);
        exchange.close();
    }

    private static void awaitEndOfInput() throws IOException {
        while (System.in.read() >= 0) {
            // nobody has anything to say
        }
    }
}
