package dev.tenfold.replication.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A server on this machine, started by {@code pg_ctl}; where that does not stop it, its processes are killed. */
final class LocalServer implements ServerControl {

    private static final int PATIENCE_SECONDS = 30;

    private final Path binaries;
    private final Path data;
    private final List<String> prefix;

    LocalServer(Path binaries, Path data, List<String> prefix) {
        this.binaries = binaries;
        this.data = data;
        this.prefix = prefix;
    }

    @Override
    public Path dataDirectory() {
        return data;
    }

    @Override
    public void stop(Shutdown how) throws Exception {
        Optional<ProcessHandle> server = server();
        if (server.isEmpty()) {
            return;
        }
        // Listed before: the children of a server that has died belong to nobody.
        List<ProcessHandle> family =
                Stream.concat(server.stream(), server.get().descendants()).toList();
        if (how == Shutdown.IN_ORDER
                && run("stop", "-m", "fast", "-t", String.valueOf(PATIENCE_SECONDS)) == 0
                && server().isEmpty()) {
            return;
        }
        family.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle member : family) {
            awaitEnd(member);
        }
        Files.deleteIfExists(pidFile());
    }

    @Override
    public void start() throws Exception {
        if (server().isPresent()) {
            return;
        }
        int exit = run(
                "start",
                "-W",
                "-l",
                data.resolveSibling(data.getFileName() + ".log").toString());
        if (exit != 0) {
            throw new IOException("pg_ctl start of " + data + " ended with " + exit);
        }
    }

    /** The postmaster, if the process that wrote the pid file is still one. */
    private Optional<ProcessHandle> server() throws IOException {
        if (!Files.exists(pidFile())) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(pidFile());
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(lines.get(0).trim()))
                .filter(process -> process.info()
                        .command()
                        .map(name -> name.contains("postgres"))
                        .orElse(true));
    }

    private Path pidFile() {
        return data.resolve("postmaster.pid");
    }

    private static void awaitEnd(ProcessHandle process) throws IOException, InterruptedException {
        try {
            process.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException alive) {
            throw new IOException("process " + process.pid() + " does not end", alive);
        }
    }

    private int run(String action, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add(binaries.resolve("pg_ctl").toString());
        command.addAll(List.of(action, "-s", "-D", data.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(2L * PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("pg_ctl " + action + " of " + data + " does not end");
        }
        return process.exitValue();
    }
}
