package dev.tenfold.journey.env;

import dev.tenfold.journey.record.Cost;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads from the operating system's books how much CPU time this process and all that it started have used, by tier. What a
 * Java server uses until it is up does not count. A process that ended keeps what it was last seen to have used. For one
 * thread at a time.
 */
public final class CpuMeter {

    private final Map<Long, Life> lives = new HashMap<>();

    /** Starts with nothing counted. */
    public CpuMeter() {}

    /** One process, by what it had used when counting began, and when it was last seen. */
    private static final class Life {
        private final String tier;
        private double from;
        private double to;

        Life(String tier) {
            this.tier = tier;
        }
    }

    /**
     * Forgets what was used so far.
     *
     * @param servers the Java servers among the processes
     */
    public void begin(Collection<ServerProcess> servers) {
        sample(servers);
        lives.values().forEach(life -> life.from = life.to);
    }

    /**
     * Looks at all processes.
     *
     * @param servers the Java servers among them
     */
    public void sample(Collection<ServerProcess> servers) {
        Map<Long, ServerProcess> javas = new HashMap<>();
        servers.forEach(server -> javas.put(server.pid(), server));
        look(ProcessHandle.current(), Cost.LOAD);
        ProcessHandle.current().descendants().forEach(process -> {
            ServerProcess java = javas.get(process.pid());
            if (java != null) {
                Life life = look(process, java.tier());
                if (java.address().isEmpty()) {
                    life.from = life.to;
                }
                return;
            }
            String command = process.info().command().orElse("");
            if (command.endsWith("/postgres")) {
                look(process, Cost.DATABASE);
            } else if (command.contains("redis")) {
                look(process, Cost.REDIS);
            }
        });
    }

    private Life look(ProcessHandle process, String tier) {
        Life life = lives.computeIfAbsent(process.pid(), unseen -> new Life(tier));
        double used = process.info()
                .totalCpuDuration()
                .map(Duration::toNanos)
                .orElse((long) (life.to * 1e9))
                .doubleValue();
        life.to = Math.max(life.to, used / 1e9);
        return life;
    }

    /**
     * Returns what was used since counting began.
     *
     * @return seconds by tier, without tiers of which no process was seen
     */
    public Map<String, Double> seconds() {
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (String tier : new String[] {Cost.APPLICATION, Cost.NOTIFIER, Cost.DATABASE, Cost.REDIS, Cost.LOAD}) {
            lives.values().stream()
                    .filter(life -> life.tier.equals(tier))
                    .mapToDouble(life -> life.to - life.from)
                    .reduce(Double::sum)
                    .ifPresent(sum -> seconds.put(tier, sum));
        }
        return seconds;
    }
}
