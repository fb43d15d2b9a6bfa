package dev.tenfold.cache.edge.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** One case of cache-tests.txt, which says how to read it. */
record CacheTestCase(String id, String kind, List<Step> steps) {

    /** A request, what the origin says to it, what must come of it, and how long to wait then. */
    record Step(List<String> request, List<String> origin, List<String> expected, int pauseSeconds) {}

    static List<CacheTestCase> all() throws IOException {
        List<CacheTestCase> cases = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(CacheTestCase.class.getResourceAsStream("cache-tests.txt")),
                StandardCharsets.UTF_8))) {
            List<Step> steps = new ArrayList<>();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("[")) {
                    steps = new ArrayList<>();
                    int end = line.indexOf(']');
                    cases.add(new CacheTestCase(line.substring(1, end), line.substring(end + 2), steps));
                } else if (line.startsWith(">")) {
                    steps.add(new Step(parts(line), List.of(), List.of(), 0));
                } else if (line.startsWith("<") || line.startsWith("=") || line.startsWith("+")) {
                    Step last = steps.remove(steps.size() - 1);
                    steps.add(
                            switch (line.charAt(0)) {
                                case '<' -> new Step(last.request, parts(line), last.expected, last.pauseSeconds);
                                case '=' -> new Step(last.request, last.origin, parts(line), last.pauseSeconds);
                                default ->
                                    new Step(
                                            last.request,
                                            last.origin,
                                            last.expected,
                                            Integer.parseInt(line.substring(1)));
                            });
                }
            }
        }
        return cases;
    }

    private static List<String> parts(String line) {
        return List.of(line.substring(1).strip().split(" \\| ", -1));
    }

    @Override
    public String toString() {
        return id;
    }
}
