package dev.tenfold.journey.stage;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Sums the counters of all servers over their lives: it asks each for its metrics now and then, and a counter that stands
 * lower than before belongs to a new life. For one thread.
 */
final class Scraper {

    private final Map<URI, Map<String, Double>> last = new HashMap<>();
    private final Map<String, Double> finished = new HashMap<>();
    private final Set<URI> silent = new HashSet<>();

    /**
     * Reads the metrics of a server. The counters of one that does not answer stay what they were last known to be; its gauges
     * are nobody's any more.
     */
    void scrape(URI server, Duration patience) {
        Map<String, Double> now = new LinkedHashMap<>();
        try {
            URLConnection connection = server.resolve("/metrics").toURL().openConnection();
            connection.setConnectTimeout((int) patience.toMillis());
            connection.setReadTimeout((int) patience.toMillis());
            try (InputStream in = connection.getInputStream()) {
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                for (String line : text.lines().toList()) {
                    int space = line.lastIndexOf(' ');
                    String name = line.substring(0, line.indexOf('{'));
                    double value = Double.parseDouble(line.substring(space + 1));
                    now.merge(name, value, Double::sum);
                    now.put(line.substring(0, space), value);
                }
            }
        } catch (IOException down) {
            missed(server);
            return;
        }
        silent.remove(server);
        Map<String, Double> before = last.getOrDefault(server, Map.of());
        before.forEach((name, value) -> {
            if (now.getOrDefault(name, 0.0) < value) {
                finished.merge(name, value, Double::sum);
            }
        });
        last.put(server, now);
    }

    /** A server cannot be asked now. */
    void missed(URI server) {
        silent.add(server);
    }

    /** The greatest value of a gauge among the servers that answered when they were last asked. */
    double highest(String name) {
        return last.entrySet().stream()
                .filter(server -> !silent.contains(server.getKey()))
                .mapToDouble(server -> server.getValue().getOrDefault(name, 0.0))
                .max()
                .orElse(0);
    }

    /** A counter of one server, since it was started last. */
    double now(URI server, String name) {
        return last.getOrDefault(server, Map.of()).getOrDefault(name, 0.0);
    }

    /** The sum of a counter over all servers: {@code name} over all its tags, {@code name{tag=value}} of one. */
    double total(String name) {
        double sum = finished.getOrDefault(name, 0.0);
        for (Map<String, Double> server : last.values()) {
            sum += server.getOrDefault(name, 0.0);
        }
        return sum;
    }
}
