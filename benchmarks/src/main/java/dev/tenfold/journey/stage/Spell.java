package dev.tenfold.journey.stage;

import dev.tenfold.journey.env.ServerProcess;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * What users and servers did while something was wrong. Begun and ended by the operator's thread, which hands it to whoever
 * waits for the operator.
 */
final class Spell {

    /** It lasts for so many requests at least, so that there is something to compare. */
    private static final int LEAST = 60;

    private static final Duration LONGEST = Duration.ofSeconds(10);
    private static final Duration GLANCE = Duration.ofMillis(10);

    private final StageRun run;
    private final List<ServerProcess> servers;
    private final Map<String, Long> before = new HashMap<>();
    private final Map<String, Long> during = new HashMap<>();
    private long sent;
    private long served;

    Spell(StageRun run, List<ServerProcess> servers) {
        this.run = run;
        this.servers = servers;
    }

    void begin() {
        run.look();
        servers.forEach(server -> before.put(server.name(), requests(server)));
        sent = -run.tally().requests();
        served = -run.tally().served();
    }

    void end() {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (sent + run.tally().requests() < LEAST && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(GLANCE.toNanos());
        }
        run.look();
        sent += run.tally().requests();
        served += run.tally().served();
        servers.forEach(server -> during.put(server.name(), requests(server) - before.getOrDefault(server.name(), 0L)));
    }

    private long requests(ServerProcess server) {
        return server.address().map(run::servedBy).orElse(0L);
    }

    /** How many requests the users sent. */
    long sent() {
        return sent;
    }

    /** How many good answers they got, some of them to earlier requests. */
    long served() {
        return served;
    }

    /** Which part of the servers' requests one of them got. */
    double share(ServerProcess server) {
        long all = during.values().stream().mapToLong(Long::longValue).sum();
        return (double) during.getOrDefault(server.name(), 0L) / Math.max(1, all);
    }
}
