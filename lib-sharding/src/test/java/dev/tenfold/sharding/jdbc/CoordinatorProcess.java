package dev.tenfold.sharding.jdbc;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.ShardChange;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.reshard.Reshard;
import dev.tenfold.sharding.reshard.ReshardJournal;
import dev.tenfold.sharding.reshard.Resharder;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.time.TimeSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A coordinator in a process of its own, to be killed. It starts, says that it is ready, and waits for one command after
 * another on its input; before each it finishes what an earlier process left.
 */
final class CoordinatorProcess implements AutoCloseable {

    static final String REGISTERS = "tenfold_register";

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    CoordinatorProcess(String control, Map<String, String> shards) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx96m",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                System.getProperty("java.class.path"),
                CoordinatorProcess.class.getName(),
                control));
        shards.forEach((name, url) -> command.add(name + "=" + url));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Thread reader = new Thread(this::read, "coordinator-output");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
            }
        } catch (IOException closed) {
            // Killed: what it had said is in the queue.
        }
    }

    void awaitReady() throws InterruptedException {
        String line = lines.poll(60, TimeUnit.SECONDS);
        if (!"ready.".equals(line)) {
            throw new IllegalStateException("the coordinator said " + line);
        }
    }

    void tell(String command) throws IOException {
        process.getOutputStream().write((command + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Whether the command was carried out by then. */
    boolean isDoneWithin(Duration wait) throws InterruptedException {
        String line = lines.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
        if (line != null && !line.equals("done.")) {
            throw new IllegalStateException("the coordinator said " + line);
        }
        return line != null;
    }

    void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        if (process.waitFor() != 128 + 9) {
            throw new IllegalStateException("ended by itself with " + process.exitValue());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    // --- the other side

    /** Begins with the URL of the registers' database; then shards with theirs. */
    public static void main(String[] arguments) throws IOException {
        DataSource control = open(arguments[0]);
        Map<String, DataSource> databases = new LinkedHashMap<>();
        for (int i = 1; i < arguments.length; i++) {
            String[] shard = arguments[i].split("=", 2);
            databases.put(shard[0], open(shard[1]));
        }
        try (StartedScheduler scheduler = Scheduler.start("coordinator-timer");
                VersionedRegister<ShardMap> map = map(control, scheduler);
                VersionedRegister<ReshardJournal> journal = Registers.jdbc(
                                control, REGISTERS, "journal", ReshardJournal.codec())
                        .scheduler(scheduler)
                        .build();
                Sharder<Long, String> shards = Sharder.<Long, String>consistent()
                        .shard("s1", "s1")
                        .targets(name -> name)
                        .register(map)
                        .observer(Observer.none())
                        .open()) {
            Resharder resharder = Resharder.over(map)
                    .journal(journal)
                    .name("process-" + ProcessHandle.current().pid())
                    .stores(name -> store(name, databases.get(name)))
                    .slotsTogether(8)
                    .chunks(100, Duration.ofMillis(50))
                    .fencing(
                            Duration.ofMillis(100),
                            Backoff.exponential(Duration.ofMillis(20), Duration.ofMillis(500))
                                    .attempts(200))
                    .poll(Duration.ofMillis(50))
                    .observer(Observer.slf4j())
                    .time(TimeSource.system(), scheduler)
                    .build();
            resharder.current();
            BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            System.out.println("ready.");
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                carryOut(line.split(" "), resharder, shards);
                System.out.println("done.");
            }
        }
    }

    static VersionedRegister<ShardMap> map(DataSource control, Scheduler scheduler) {
        return Registers.jdbc(control, REGISTERS, "map", ShardMap.codec())
                .scheduler(scheduler)
                .pollInterval(Duration.ofMillis(100))
                .build();
    }

    static PostgresShardStore store(String shard, DataSource database) {
        return PostgresShardStore.of(
                shard, database, Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()), WriteLoad.SHARDED);
    }

    private static DataSource open(String url) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(url);
        source.setUser("postgres");
        return ShardDatabases.pooled(source);
    }

    private static void carryOut(String[] command, Resharder resharder, Sharder<Long, String> shards) {
        resharder.current().ifPresent(Reshard::run);
        shards.refresh();
        ShardMap map = shards.map();
        String shard = command[1];
        switch (command[0]) {
            case "add" -> unless(map.contains(shard), resharder, shards, change -> change.add(shard));
            case "remove" -> unless(!map.contains(shard), resharder, shards, change -> change.remove(shard));
            case "split" ->
                unless(map.contains(command[2]), resharder, shards, change -> change.split(shard, command[2]));
            case "isolate" -> {
                long key = Long.parseLong(shard);
                int slot = map.slotOf(KeyHash.xxh3().hash(key));
                unless(
                        slot >= map.slots() && map.owner(slot).equals(command[2]),
                        resharder,
                        shards,
                        change -> change.isolate(key, command[2]));
            }
            default -> throw new UncheckedIOException(new IOException("command: " + command[0]));
        }
    }

    private static void unless(
            boolean done, Resharder resharder, Sharder<Long, String> shards, Consumer<ShardChange<Long>> change) {
        if (!done) {
            resharder.run(shards.plan(change::accept));
        }
    }
}
