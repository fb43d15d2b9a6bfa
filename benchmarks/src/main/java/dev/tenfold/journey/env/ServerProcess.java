package dev.tenfold.journey.env;

import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.ChildServer;
import dev.tenfold.journey.app.NotifierServer;
import dev.tenfold.journey.record.Cost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server in a Java process of its own, which can be killed and started again where it was. It ends when this
 * process does, however that comes about: its standard input closes. Thread-safe.
 */
public final class ServerProcess implements AutoCloseable {

    private static final int START_SECONDS = 120;
    private static final int STOP_SECONDS = 5;
    /** A switchover waits for the replica to catch up. */
    private static final int ORDER_MILLIS = 15_000;

    private final Class<?> main;
    private final Consumer<String> lines;
    private AppConfig config;
    private CompletableFuture<Integer> port = new CompletableFuture<>();
    private @Nullable Process process;
    private boolean suspended;

    /**
     * Describes a server; nothing is started.
     *
     * @param main the class whose main method it runs
     * @param config how it is wired
     * @param lines takes each line it prints, from a thread of this object's
     */
    public ServerProcess(Class<?> main, AppConfig config, Consumer<String> lines) {
        this.main = main;
        this.config = config;
        this.lines = lines;
    }

    /**
     * Returns the server's name.
     *
     * @return its name in reports
     */
    public String name() {
        return config.name();
    }

    /**
     * Starts the process and returns at once.
     *
     * @throws IOException if the operating system refuses
     */
    public synchronized void launch() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Xmx96m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-Dsun.net.httpserver.nodelay=true",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(config.toArguments());
        Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture<Integer> ready = new CompletableFuture<>();
        Thread reader = new Thread(() -> read(started, ready), "output-of-" + name());
        reader.setDaemon(true);
        reader.start();
        process = started;
        suspended = false;
        port = ready;
    }

    /**
     * Waits until the server serves.
     *
     * @return where
     * @throws Exception if it ended instead, or took longer than two minutes
     */
    public URI await() throws Exception {
        int number = port.get(START_SECONDS, TimeUnit.SECONDS);
        synchronized (this) {
            config = config.port(number);
        }
        return address(number);
    }

    /** Kills the process with SIGKILL, as a machine that loses power would, and waits for its end. */
    public synchronized void kill9() {
        Process victim = process;
        if (victim != null) {
            victim.destroyForcibly();
            awaitEnd(victim);
        }
    }

    /** Freezes the process with SIGSTOP: its connections stay open and nobody answers. */
    public synchronized void suspend() {
        suspended = signal("STOP");
    }

    /** Lets a suspended process go on. */
    public synchronized void resume() {
        signal("CONT");
        suspended = false;
    }

    /**
     * Says whether the process was suspended, and is not expected to answer.
     *
     * @return false once it goes on or has ended
     */
    public synchronized boolean isSuspended() {
        return suspended && isRunning();
    }

    private boolean signal(String name) {
        return process != null && Signals.send(name, process);
    }

    /**
     * Makes the server do something that no user would ask for, such as answering slowly.
     *
     * @param order one of the server's orders
     * @param value how much of it
     * @throws IOException if the server does not answer, or refuses
     */
    public void order(String order, String value) throws IOException {
        URI address = address().orElseThrow(() -> new IOException(name() + " does not run"));
        HttpURLConnection connection = (HttpURLConnection)
                address.resolve("/control/" + order + "/" + value).toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setConnectTimeout(ORDER_MILLIS);
        connection.setReadTimeout(ORDER_MILLIS);
        connection.setFixedLengthStreamingMode(0);
        connection.setDoOutput(true);
        connection.getOutputStream().close();
        int status = connection.getResponseCode();
        if (status != 204) {
            String why;
            try (InputStream error = connection.getErrorStream()) {
                why = error == null ? "" : new String(error.readAllBytes(), StandardCharsets.UTF_8).strip();
            }
            throw new IOException(name() + " was told " + order + " " + value + " and answered " + status + " " + why);
        }
    }

    /**
     * Says whether the process runs, be it suspended.
     *
     * @return false before its start and after its end
     */
    public synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    /**
     * Returns what kind of server it is.
     *
     * @return a tier of {@link Cost}
     */
    public String tier() {
        return main == NotifierServer.class ? Cost.NOTIFIER : Cost.APPLICATION;
    }

    /**
     * Returns where the server serves in its present life.
     *
     * @return empty before it is up
     */
    public synchronized Optional<URI> address() {
        return port.isDone() && !port.isCompletedExceptionally() ? Optional.of(address(port.join())) : Optional.empty();
    }

    /**
     * Returns the number by which the operating system knows the process.
     *
     * @return 0 before the first start
     */
    public synchronized long pid() {
        return process == null ? 0 : process.pid();
    }

    private static URI address(int port) {
        return URI.create("http://127.0.0.1:" + port + "/");
    }

    /** Asks the process to end, by closing its input, and does not wait for it. */
    public synchronized void dismiss() {
        resume();
        if (process != null) {
            try {
                process.getOutputStream().close();
            } catch (IOException alreadyClosed) {
                // it is ending, which is what is wanted
            }
        }
    }

    /** Asks the process to end, waits for it, and kills it if it does not. */
    @Override
    public synchronized void close() {
        dismiss();
        Process running = process;
        process = null;
        if (running != null && !awaitEnd(running)) {
            running.destroyForcibly();
        }
    }

    private static boolean awaitEnd(Process process) {
        try {
            return process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void read(Process started, CompletableFuture<Integer> ready) {
        List<String> last = new ArrayList<>();
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith(ChildServer.READY)) {
                    ready.complete(Integer.parseInt(line.substring(ChildServer.READY.length())));
                    continue;
                }
                if (last.size() < 20) {
                    last.add(line);
                }
                lines.accept(line);
            }
        } catch (IOException closed) {
            // the process was killed while it spoke
        }
        ready.completeExceptionally(
                new IllegalStateException(name() + " ended before it served:\n" + String.join("\n", last)));
    }
}
