package dev.tenfold.benchmarks.balance;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * The server in the child process: answers after a few milliseconds, and does as its standard input says: {@code ok}, {@code slow}
 * or {@code busy}. It ends when its input does.
 *
 * <p>Arguments: the port (0 for any), and {@code cold} for one whose first second is slow. It prints its port once it serves.
 */
public final class FaultyServer {

    static final Duration SERVICE = Duration.ofMillis(4);
    static final int SLOWER = 10;
    static final Duration COLD = Duration.ofSeconds(1);

    private final boolean cold;
    private final long started = System.nanoTime();
    private volatile String mode = "ok";

    private FaultyServer(boolean cold) {
        this.cold = cold;
    }

    /**
     * Serves until the input ends.
     *
     * @param arguments see above
     * @throws IOException if the port cannot be had
     */
    public static void main(String[] arguments) throws IOException {
        FaultyServer faulty = new FaultyServer(arguments.length > 1);
        InetSocketAddress address =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
        HttpServer server = HttpServer.create(address, 256);
        server.createContext("/", faulty::answer);
        server.setExecutor(Executors.newFixedThreadPool(64));
        server.start();
        System.out.println(server.getAddress().getPort());
        try (BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                faulty.mode = line;
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = "answer".getBytes(StandardCharsets.UTF_8);
        String now = mode;
        if (!now.equals("busy")) {
            boolean warming = cold && System.nanoTime() - started < COLD.toNanos();
            work(SERVICE.multipliedBy(now.equals("slow") || warming ? SLOWER : 1));
        }
        exchange.sendResponseHeaders(now.equals("busy") ? 503 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static void work(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
