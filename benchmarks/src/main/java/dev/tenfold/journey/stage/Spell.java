package dev.tenfold.journey.stage;

import dev.tenfold.journey.env.ServerProcess;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * What users and servers did for a while, such as while something was wrong. Begun and ended by the operator's thread, which
 * hands it to whoever waits for the operator.
 */
final class Spell {

    /** It lasts for so many requests at least, so that there is something to compare. */
    private static final int LEAST = 60;

    private static final Duration LONGEST = Duration.ofSeconds(10);

    /** For so long at most the requests of a moment are watched: what is stuck behind a fault stays, a backlog of work goes. */
    private static final Duration SETTLING = Duration.ofSeconds(1);

    private static final Duration GLANCE = Duration.ofMillis(10);

    private final StageRun run;
    private final List<ServerProcess> servers;
    private final Map<String, Long> before = new HashMap<>();
    private final Map<String, Long> during = new HashMap<>();
    private long sent;
    private long served;
    private double servedMillis;
    private long stuck;
    private long waitedBefore;
    private double seconds;

    Spell(StageRun run, List<ServerProcess> servers) {
        this.run = run;
        this.servers = servers;
    }

    void begin() {
        run.look();
        servers.forEach(server -> before.put(server.name(), requests(server)));
        sent = -run.tally().requests();
        served = -run.tally().served();
        servedMillis = -run.tally().servedMillis();
        waitedBefore = run.tally().waiting();
        seconds = -System.nanoTime() / 1e9;
    }

    void end() {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (sent + run.tally().requests() < LEAST && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(GLANCE.toNanos());
        }
        run.look();
        sent += run.tally().requests();
        served += run.tally().served();
        servedMillis += run.tally().servedMillis();
        seconds += System.nanoTime() / 1e9;
        servers.forEach(server -> during.put(server.name(), requests(server) - before.getOrDefault(server.name(), 0L)));
        stuck = Math.max(0, fewestWaiting() - waitedBefore);
    }

    private long fewestWaiting() {
        long fewest = run.tally().waiting();
        long end = System.nanoTime() + SETTLING.toNanos();
        while (fewest > waitedBefore && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(GLANCE.toNanos());
            fewest = Math.min(fewest, run.tally().waiting());
        }
        return fewest;
    }

    private long requests(ServerProcess server) {
        return server.address().map(run::servedBy).orElse(0L);
    }

    /** How many requests the users sent. */
    long sent() {
        return sent;
    }

    /** How many more than before the spell were without an answer at every moment of the second after it. */
    long stuck() {
        return stuck;
    }

    /** How many good answers there were in a second. */
    double rate() {
        return served / seconds;
    }

    /** How long an answer took on average, in milliseconds from when its request was sent. */
    double meanMillis() {
        return servedMillis / Math.max(1, served);
    }

    /** Which part of the servers' requests one of them got. */
    double share(ServerProcess server) {
        long all = during.values().stream().mapToLong(Long::longValue).sum();
        return (double) during.getOrDefault(server.name(), 0L) / Math.max(1, all);
    }
}
