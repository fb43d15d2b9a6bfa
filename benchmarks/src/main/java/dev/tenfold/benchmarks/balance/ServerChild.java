package dev.tenfold.benchmarks.balance;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A {@link FaultyServer} in a process of its own, on one port for life. For one thread. */
final class ServerChild implements AutoCloseable {

    private @Nullable Process process;
    private int port;
    private boolean stopped;

    /** Starts it and waits until it serves. */
    ServerChild() throws IOException {
        start(false);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port + "/");
    }

    void tell(String mode) throws IOException {
        Process running = running();
        running.getOutputStream().write((mode + "\n").getBytes(StandardCharsets.UTF_8));
        running.getOutputStream().flush();
    }

    /** Ends it with SIGKILL, as a machine that loses power does. */
    void kill9() {
        Process victim = running();
        victim.destroyForcibly();
        victim.onExit().join();
        process = null;
    }

    /** Starts it again where it was, slow in its first second. */
    void startCold() throws IOException {
        start(true);
    }

    /** Stops the process with SIGSTOP: its connections stay open and nobody answers. */
    void hang() throws IOException, InterruptedException {
        signal("STOP");
        stopped = true;
    }

    void wake() throws IOException, InterruptedException {
        signal("CONT");
        stopped = false;
    }

    /** Makes it serve as in the beginning, whatever was done to it. */
    void reset() throws IOException, InterruptedException {
        if (stopped) {
            wake();
        }
        if (process == null) {
            start(false);
        }
        tell("ok");
    }

    private void start(boolean cold) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dsun.net.httpserver.nodelay=true",
                "-Dsun.net.httpserver.maxIdleConnections=1000",
                "-cp",
                System.getProperty("java.class.path"),
                FaultyServer.class.getName(),
                Integer.toString(port)));
        if (cold) {
            command.add("cold");
        }
        Process started = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        process = started;
        BufferedReader output = started.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        if (line == null) {
            throw new IOException("the server ended before it served, with status "
                    + started.onExit().join().exitValue());
        }
        port = Integer.parseInt(line);
    }

    private void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder(
                        "kill", "-" + name, Long.toString(running().pid()))
                .inheritIO()
                .start();
        if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new IOException("kill -" + name + " failed (expected: a system with POSIX signals)");
        }
    }

    private Process running() {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException("the server on port " + port + " was killed; start it again first");
        }
        return running;
    }

    @Override
    public void close() {
        if (process != null) {
            kill9();
        }
    }
}
