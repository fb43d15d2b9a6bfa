package dev.tenfold.journey.env;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import redis.embedded.core.ExecutableProvider;

/** A real Redis server on a free loopback port, in memory only. */
public final class Redis implements AutoCloseable {

    private static final int ATTEMPTS = 5;

    /** How long one attempt may take, on a machine that has other things to do. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration BETWEEN = Duration.ofMillis(100);
    private static final int ANSWER_MILLIS = 2_000;
    private static final int STOP_SECONDS = 5;
    private static final Duration GLANCE = Duration.ofMillis(20);
    private static final String PING = "PING\r\n";
    private static final String PONG = "+PONG";

    private final int port;
    private final Process process;
    private volatile boolean suspended;

    private Redis(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    /**
     * Starts a server and waits until it answers. A port may be taken by somebody else in the moment before the server takes
     * it, so it is tried again on another.
     *
     * @param folder where its executable is unpacked, and what it says is kept
     * @return a running server
     * @throws IOException if none of five attempts led to a server that answers, with what the last one said
     */
    public static Redis start(Path folder) throws IOException {
        Path executable =
                ExecutableProvider.newJarResourceProvider(folder.toFile()).get().toPath();
        return launch(executable, folder, folder.resolve("redis.log"));
    }

    static Redis launch(Path executable, Path folder, Path log) throws IOException {
        IOException last = null;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                return attempt(executable, folder, log);
            } catch (IOException failure) {
                last = failure;
                LockSupport.parkNanos(BETWEEN.toNanos());
            }
        }
        throw new IOException(
                "Redis did not start in " + ATTEMPTS + " attempts; the last one said: "
                        + (Files.exists(log) ? Files.readString(log).strip() : "nothing"),
                last);
    }

    private static Redis attempt(Path executable, Path folder, Path log) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        List<String> command = List.of(
                executable.toAbsolutePath().toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--daemonize",
                "no",
                "--dir",
                folder.toAbsolutePath().toString());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Redis redis = new Redis(port, process);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (process.isAlive() && System.nanoTime() - end < 0) {
            if (redis.answers()) {
                return redis;
            }
            LockSupport.parkNanos(GLANCE.toNanos());
        }
        boolean ended = !process.isAlive();
        redis.close();
        throw new IOException(
                ended
                        ? "it ended with " + process.exitValue() + " before it answered"
                        : "it did not answer on port " + port + " within " + PATIENCE.toSeconds() + " s");
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MILLIS);
            socket.setSoTimeout(ANSWER_MILLIS);
            socket.getOutputStream().write(PING.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(PONG.length()), StandardCharsets.US_ASCII).equals(PONG);
        } catch (IOException notYet) {
            return false;
        }
    }

    /**
     * Returns where it listens.
     *
     * @return a {@code redis://} address
     */
    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** Freezes the server with SIGSTOP: connections stay open and nobody answers. */
    public void suspend() {
        suspended = Signals.send("STOP", process);
    }

    /** Lets a suspended server go on. */
    public void resume() {
        Signals.send("CONT", process);
        suspended = false;
    }

    /**
     * Says whether the server was suspended.
     *
     * @return false once it goes on
     */
    public boolean isSuspended() {
        return suspended;
    }

    @Override
    public void close() {
        resume();
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
