package dev.tenfold.replication.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.postgres.Writers.Verdict;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The primary is killed, suspended and resumed, and switched over again and again under writers on real servers, and every
 * acknowledged write is looked for afterwards. Controls in which writes must be lost show that the checker would find them.
 *
 * <pre>{@code
 * mvn -q -Pchaos -pl lib-replication -am process-test-classes     # -Dchaos.args="kills hangs switchovers controls seed file"
 * }</pre>
 */
final class FailoverChaos {

    private static final int WRITERS = 4;
    private static final Duration PEER_PATIENCE = Duration.ofSeconds(20);
    private static final long NEVER = -1;
    private static final int ALL = 0;

    private final Random random;
    private final StringBuilder report = new StringBuilder();
    private boolean failed;

    private FailoverChaos(long seed) {
        this.random = new Random(seed);
    }

    /** Milliseconds after the disturbance. */
    private record Round(long detected, long promoted, long acknowledged, long peer) {}

    private interface Disturbance {
        /** Returns as soon as the primary can acknowledge nothing more: what is begun then is another's to acknowledge. */
        void on(PostgresNode primary);
    }

    private void say(String format, Object... values) {
        String line = String.format(Locale.ROOT, format, values);
        report.append(line).append('\n');
        System.out.println(line);
    }

    /** Writers against a synchronous cluster while its primaries are disturbed, one after another. */
    private void replace(
            String what,
            int rounds,
            int peers,
            Disturbance disturb,
            Disturbance revive,
            int allowedMillis,
            boolean hung)
            throws Exception {
        try (FailoverLab lab = FailoverLab.synchronous()) {
            lab.awaitWhole();
            List<Round> times = new ArrayList<>();
            Verdict verdict;
            try (Writers writers = new Writers(WRITERS, lab.routing::withSession)) {
                for (int i = 0; i < rounds; i++) {
                    writers.awaitMore(50 + random.nextInt(200));
                    times.add(round(lab, writers, i < peers, disturb, revive));
                    System.out.println(what + " " + (i + 1) + " of " + rounds + ": " + times.get(i));
                }
                writers.awaitMore(50);
                verdict = writers.judge(() -> FailoverLab.rows(lab.primary()));
            }
            Set<Long> different = lab.differences();
            say("%n%s, ANY 1 (*), %d writers", what, WRITERS);
            say("  rounds                                        %d", rounds);
            say("  writes acknowledged / of unknown outcome      %d / %d", verdict.acknowledged(), verdict.unknown());
            say(
                    "  acknowledged writes lost                      %d",
                    verdict.lost().size());
            say(
                    "  refused writes that happened                  %d",
                    verdict.ghosts().size());
            say("  own writes a session did not read             %d", verdict.ownWritesMissed());
            say("  rows that are not on all three nodes          %d", different.size());
            say("  milliseconds from the disturbance             minimum / median / 90 %% / maximum");
            say("    failover begins (missed and agreed on)      %s", spread(times, Round::detected));
            say("    promoted                                    %s", spread(times, Round::promoted));
            say("    first write begun since acknowledged        %s", spread(times, Round::acknowledged));
            List<Long> over = times.stream()
                    .map(t -> t.acknowledged() - (hung ? t.detected() : t.promoted()))
                    .sorted()
                    .toList();
            say(
                    "    that is after %s %s (bound %d, kept in %d of %d)",
                    hung ? "its beginning       " : "the promotion       ",
                    spread(over),
                    allowedMillis,
                    over.stream().filter(each -> each <= allowedMillis).count(),
                    rounds);
            if (peers > 0) {
                say(
                        "    pgjdbc multi-host over HikariCP, defaults   %s",
                        times.stream()
                                .limit(peers)
                                .map(t -> t.peer() == NEVER ? "none in " + PEER_PATIENCE.toMillis() : "" + t.peer())
                                .collect(Collectors.joining(", ")));
            }
            failed |= !verdict.lost().isEmpty()
                    || !different.isEmpty()
                    || !verdict.ghosts().isEmpty();
        }
    }

    private Round round(FailoverLab lab, Writers writers, boolean peer, Disturbance disturb, Disturbance revive)
            throws Exception {
        lab.awaitWhole();
        PostgresNode former = lab.primary();
        try (PeerWriter other = peer ? new PeerWriter(lab) : null) {
            long moment = System.nanoTime();
            disturb.on(former);
            long gone = System.nanoTime();
            lab.awaitPrimaryOtherThan(former);
            int goal = writers.count() + 20;
            lab.await("writes on the new primary", () -> writers.count() >= goal);
            long acknowledged = writers.firstAfter(gone);
            long peerAt = other == null ? NEVER : other.firstAfter(gone);
            Round round = new Round(
                    millis(moment, lab.firstAfter("failover.started", moment)),
                    millis(moment, lab.firstAfter("failover.promoted", moment)),
                    millis(moment, acknowledged),
                    peerAt == NEVER ? NEVER : millis(moment, peerAt));
            revive.on(former);
            lab.awaitWhole();
            return round;
        }
    }

    /** One writer through pgjdbc's own multi-host support and a pool with its defaults. */
    private static final class PeerWriter implements AutoCloseable {

        private final HikariDataSource pool = new HikariDataSource();
        private final Writers writers;

        PeerWriter(FailoverLab lab) {
            HikariConfig config = new HikariConfig();
            config.setJdbcUrl("jdbc:postgresql://"
                    + lab.cluster.nodes().stream()
                            .map(node -> "127.0.0.1:" + node.port())
                            .collect(Collectors.joining(","))
                    + "/postgres?targetServerType=primary&user=postgres");
            config.copyStateTo(pool);
            // Ids of its own, apart from the others'; it reads nothing back.
            writers = Writers.blind(pool);
            writers.awaitMore(5);
        }

        long firstAfter(long moment) {
            return writers.awaitFirstAfter(moment, PEER_PATIENCE);
        }

        @Override
        public void close() {
            writers.abandon();
            pool.close();
        }
    }

    private void switchOver(int rounds) throws Exception {
        try (FailoverLab lab = FailoverLab.synchronous()) {
            lab.awaitWhole();
            List<Long> gaps = new ArrayList<>();
            Verdict verdict;
            try (Writers writers = new Writers(WRITERS, lab.routing::withSession)) {
                for (int i = 0; i < rounds; i++) {
                    writers.awaitMore(50 + random.nextInt(200));
                    lab.awaitWhole();
                    PostgresNode target = lab.othersThan(lab.primary()).get(0);
                    ReplicaSet.Switchover made = lab.set.switchover(
                            target.id(), Deadline.after(Duration.ofSeconds(20), TimeSource.system()));
                    gaps.add(made.writeGap().toMillis());
                    System.out.println("switchover " + (i + 1) + " of " + rounds + ": " + made);
                }
                writers.awaitMore(50);
                verdict = writers.judge(() -> FailoverLab.rows(lab.primary()));
            }
            Set<Long> different = lab.differences();
            boolean copied = lab.events.stream().anyMatch(event -> event.kind().equals("rejoin.diverged"));
            say("%nPlanned switchovers, ANY 1 (*), %d writers", WRITERS);
            say("  rounds                                        %d", rounds);
            say("  writes acknowledged / of unknown outcome      %d / %d", verdict.acknowledged(), verdict.unknown());
            say(
                    "  acknowledged writes lost                      %d",
                    verdict.lost().size());
            say("  rows that are not on all three nodes          %d", different.size());
            say("  former primaries that had diverged            %s", copied ? "some" : "none");
            say(
                    "  milliseconds without writes                   %s",
                    spread(gaps.stream().sorted().toList()));
            failed |= !verdict.lost().isEmpty() || !different.isEmpty() || copied;
        }
    }

    /** A configuration that cannot keep what it acknowledged; the recovery reports must name what is lost. */
    private void control(
            String what, boolean synchronous, int rounds, int cutOff, UnaryOperator<PostgresStreamingProxy> wrong)
            throws Exception {
        try (FailoverLab lab = new FailoverLab(
                synchronous,
                builder -> builder.failover(Failover.automatic().allowDataLoss().pausing(Duration.ofSeconds(3))),
                engine -> wrong.apply(new PostgresStreamingProxy(engine)))) {
            Verdict verdict;
            try (Writers writers = new Writers(WRITERS, session -> lab.routing)) {
                for (int i = 0; i < rounds; i++) {
                    lab.awaitWhole();
                    writers.awaitMore(50 + random.nextInt(200));
                    PostgresNode former = lab.primary();
                    // The replicas that are asked first stop receiving a moment before the primary ends.
                    for (PostgresNode behind : lab.othersThan(former).subList(0, cutOff)) {
                        behind.execute("ALTER SYSTEM SET primary_conninfo = ''");
                        behind.execute("SELECT pg_reload_conf()");
                    }
                    writers.awaitMore(100);
                    former.kill9();
                    lab.awaitPrimaryOtherThan(former);
                    // Where the wrong one was promoted, the other is ahead of it and cannot follow; and it is not made
                    // to
                    // while the former primary is down, since that might have been promoted unseen. So nothing is
                    // acknowledged before the former is back.
                    former.start();
                    int goal = writers.count() + 20;
                    lab.await("writes on the new primary", () -> writers.count() >= goal);
                    lab.awaitWhole();
                    System.out.println(what + " " + (i + 1) + " of " + rounds);
                }
                verdict = writers.judge(() -> FailoverLab.rows(lab.primary()));
            }
            Set<Long> reported = new HashSet<>();
            lab.reports.forEach(each -> each.rows()
                    .forEach(row -> reported.add(Long.parseLong(row.old().replaceAll("\\D", "")))));
            long unreported =
                    verdict.lost().stream().filter(id -> !reported.contains(id)).count();
            say("%n%s", what);
            say("  rounds                                        %d", rounds);
            say("  writes acknowledged                           %d", verdict.acknowledged());
            say(
                    "  acknowledged writes lost                      %d",
                    verdict.lost().size());
            say("  of these in no recovery report                %d", unreported);
        }
    }

    private static long millis(long from, long to) {
        return to == NEVER ? NEVER : Math.round((to - from) / 1e6);
    }

    private static String spread(List<Round> rounds, java.util.function.ToLongFunction<Round> value) {
        return spread(rounds.stream().map(value::applyAsLong).sorted().toList());
    }

    private static String spread(List<Long> sorted) {
        if (sorted.isEmpty()) {
            return "-";
        }
        int last = sorted.size() - 1;
        return sorted.get(0) + " / " + sorted.get(last / 2) + " / " + sorted.get((int) Math.ceil(last * 0.9)) + " / "
                + sorted.get(last);
    }

    private void run(int kills, int hangs, int switchovers, int controls, int which) throws Exception {
        if (kills > 0) {
            replace("kill -9 of the primary", kills, 5, PostgresNode::signal9, PostgresNode::start, 250, false);
        }
        if (hangs > 0) {
            replace(
                    "SIGSTOP of the primary, which resumes as a zombie",
                    hangs,
                    3,
                    PostgresNode::suspend,
                    PostgresNode::resume,
                    600,
                    true);
        }
        if (switchovers > 0) {
            switchOver(switchovers);
        }
        if (controls > 0 && (which == ALL || which == 1)) {
            control(
                    "Control: asynchronous replication, data loss allowed, both replicas cut off a moment before",
                    false,
                    controls,
                    2,
                    it -> it);
        }
        if (controls > 0 && (which == ALL || which == 2)) {
            control(
                    "Control: ANY 1 (*), one replica cut off before, the first replica is promoted instead of the most advanced",
                    true,
                    controls,
                    1,
                    PostgresStreamingProxy::blind);
        }
        if (controls > 0 && (which == ALL || which == 3)) {
            control("Beside it: the same, and the most advanced replica is promoted", true, controls, 1, it -> it);
        }
    }

    /**
     * Arguments: kills (50), hangs (50), switchovers (15), rounds of each control (3), seed (1), a file (none, or {@code -}), and
     * which of the three controls (0, which is all).
     */
    public static void main(String[] arguments) throws Exception {
        int[] counts = {50, 50, 15, 3, 1};
        for (int i = 0; i < counts.length && i < arguments.length; i++) {
            counts[i] = Integer.parseInt(arguments[i]);
        }
        Instant began = Instant.now();
        FailoverChaos chaos = new FailoverChaos(counts[4]);
        chaos.say("Failover on PostgreSQL %s, %s", serverVersion(), began);
        chaos.say(
                "machine: %s %s, %d processors, JDK %s; three servers, writers and the replica set all on it",
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.version"));
        chaos.say("load average at the start: %.1f; other work on the machine makes all times longer", load());
        chaos.say("probes every 50 ms, 3 misses; wal_receiver_timeout 1 s");
        chaos.say(
                "command: mvn -q -Pchaos -pl lib-replication -am process-test-classes -Dchaos.args=\"%s%s\"",
                Arrays.stream(counts).mapToObj(String::valueOf).collect(Collectors.joining(" ")),
                Arrays.stream(arguments)
                        .skip(counts.length)
                        .map(each -> " " + each)
                        .collect(Collectors.joining()));
        chaos.say("started as: java ... %s", System.getProperty("sun.java.command"));
        try {
            int which = arguments.length > 6 ? Integer.parseInt(arguments[6]) : ALL;
            chaos.run(counts[0], counts[1], counts[2], counts[3], which);
        } finally {
            chaos.say("%nduration %d s", Duration.between(began, Instant.now()).toSeconds());
            if (arguments.length > 5 && !arguments[5].equals("-")) {
                Files.writeString(Path.of(arguments[5]), chaos.report.toString());
            }
        }
        if (chaos.failed) {
            throw new IOException("a write was not kept: see above");
        }
        System.exit(0);
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static String serverVersion() throws SQLException {
        try (var cluster = dev.tenfold.replication.testing.PostgresCluster.single()) {
            return Objects.requireNonNull(cluster.node("a").execute("SHOW server_version"));
        }
    }
}
