package dev.tenfold.sharding.jdbc;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * Shards come, are split, get celebrities and go, on real databases under a load of writes, while the coordinator is killed
 * with SIGKILL again and again at random points and another process takes over. At the end {@link RowAudit} counts.
 *
 * <pre>{@code
 * mvn -q -Pchaos -pl lib-sharding -am process-test-classes     # -Dchaos.args="kills seed file"
 * }</pre>
 *
 * @param kills how often the coordinator is killed
 * @param atLeast how many plans are carried out at least; the first four are one of each kind
 * @param seed chooses when
 * @param guarding how the writers pass the guard
 * @param progress told after each plan
 */
record ReshardChaos(int kills, int atLeast, long seed, WriteLoad.Guarding guarding, Consumer<String> progress) {

    private static final List<String> SHARDS = List.of("s1", "s2", "s3", "s4", "s5");

    /** Each plan gives back what the one before took, but for the celebrities, which keep slots of their own. */
    private static final List<String> PLANS =
            List.of("add s3", "split s1 s4", "isolate %d s5", "remove s3", "remove s4", "remove s5");

    /** How much rows there are to move, and what came of it. */
    record Result(int kills, int plans, int written, int attempts, List<Long> stalls, RowAudit audit, Duration took) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "kills of the coordinator      %d%nplans carried out             %d%nwrites acknowledged           %d%n"
                            + "attempts                      %d%nwrite, median                 %d ms%n"
                            + "write, 99th percentile        %d ms%nwrite, 99.9th percentile      %d ms%n"
                            + "longest stall of a write      %d ms%nduration                      %d s%n"
                            + "rows at the end               %s%n",
                    kills,
                    plans,
                    written,
                    attempts,
                    stalls.get(0),
                    stalls.get(1),
                    stalls.get(2),
                    stalls.get(3),
                    took.toSeconds(),
                    audit);
        }
    }

    Result run() throws Exception {
        Random random = new Random(seed);
        Instant began = Instant.now();
        Map<String, DataSource> databases = new LinkedHashMap<>();
        Map<String, String> urls = new LinkedHashMap<>();
        for (String shard : SHARDS) {
            DataSource database = TestDatabase.fresh();
            ShardDatabases.execute(database, WriteLoad.TABLES);
            urls.put(shard, url(database));
            databases.put(shard, ShardDatabases.pooled(database));
        }
        DataSource control = TestDatabase.fresh();
        Registers.createTable(control, CoordinatorProcess.REGISTERS);
        try (StartedScheduler scheduler = Scheduler.start("chaos-timer");
                VersionedRegister<ShardMap> register =
                        CoordinatorProcess.map(ShardDatabases.pooled(control), scheduler);
                Sharder<Long, DataSource> shards = Sharder.<Long, DataSource>consistent()
                        .slots(64)
                        .shard("s1", databases.get("s1"))
                        .shard("s2", databases.get("s2"))
                        .targets(databases::get)
                        .register(register)
                        .observer(Observer.none())
                        .time(TimeSource.system(), scheduler)
                        .writeBudget(Duration.ofSeconds(60))
                        .open()) {
            for (String shard : SHARDS.subList(0, 2)) {
                CoordinatorProcess.store(shard, databases.get(shard)).install(shards.map());
            }
            try (WriteLoad load = new WriteLoad(shards, guarding, 4, 10)) {
                int plans = drive(control, urls, random);
                load.stop();
                List<Long> stalls =
                        List.of(load.millisAt(0.5), load.millisAt(0.99), load.millisAt(0.999), load.millisAt(1));
                // A shard that left the map is not looked at by it, but by the audit: nothing may be left there.
                RowAudit audit = RowAudit.of(load, databases, shards.refresh());
                return new Result(
                        kills,
                        plans,
                        load.written(),
                        load.attempts(),
                        stalls,
                        audit,
                        Duration.between(began, Instant.now()));
            }
        }
    }

    /** Carries plans out one after another until the coordinator was killed often enough, and enough plans were carried out. */
    private int drive(DataSource control, Map<String, String> urls, Random random) throws Exception {
        int killed = 0;
        int plans = 0;
        CoordinatorProcess active = new CoordinatorProcess(url(control), urls);
        CoordinatorProcess next = new CoordinatorProcess(url(control), urls);
        try {
            active.awaitReady();
            for (; killed < kills || plans < atLeast; plans++) {
                String plan = PLANS.get(plans % PLANS.size());
                String command = String.format(Locale.ROOT, plan, plans / PLANS.size());
                active.tell(command);
                int until = Math.min(kills, killed + 1 + kills / 8);
                boolean done = false;
                while (killed < until && !done) {
                    done = active.isDoneWithin(Duration.ofMillis(10 + random.nextInt(2_500)));
                    if (!done) {
                        // The next one stands by, as a process of an application would.
                        next.awaitReady();
                        active.kill();
                        killed++;
                        active = next;
                        active.tell(command);
                        next = new CoordinatorProcess(url(control), urls);
                    }
                }
                if (!done && !active.isDoneWithin(Duration.ofSeconds(300))) {
                    throw new IllegalStateException(command + " does not end");
                }
                progress.accept(command + ", " + (killed) + " kills so far");
            }
            return plans;
        } finally {
            active.close();
            next.close();
        }
    }

    private static String url(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return connection.getMetaData().getURL();
        }
    }

    /** Arguments: how many kills (20), seed (1), and a file for the result (none). */
    public static void main(String[] arguments) throws Exception {
        int kills = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        Result result = new ReshardChaos(kills, 12, seed, ShardGuard::check, System.out::println).run();
        String text = "Online resharding under kill -9, " + Instant.now() + "\n"
                + "machine: " + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors, JDK " + System.getProperty("java.version")
                + "; databases, writers and coordinators all on it\n"
                + "command: mvn -q -Pchaos -pl lib-sharding -am process-test-classes -Dchaos.args=\""
                + String.join(" ", arguments)
                + "\"\n\n" + result;
        System.out.print(text);
        if (arguments.length > 2) {
            Files.writeString(Path.of(arguments[2]), text);
        }
        if (!result.audit().isClean()) {
            throw new IOException("rows were not kept: " + result.audit());
        }
        System.exit(0);
    }
}
