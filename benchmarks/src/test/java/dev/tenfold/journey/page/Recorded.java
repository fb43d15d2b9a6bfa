package dev.tenfold.journey.page;

import dev.tenfold.journey.load.Latencies;
import dev.tenfold.journey.load.Ledger.Audit;
import dev.tenfold.journey.record.Chart;
import dev.tenfold.journey.record.Cost;
import dev.tenfold.journey.record.Recording;
import dev.tenfold.journey.record.Recording.Curve;
import dev.tenfold.journey.record.Recording.Kind;
import dev.tenfold.journey.record.Recording.Mark;
import dev.tenfold.journey.record.Recording.Point;
import dev.tenfold.journey.record.Recording.Share;
import dev.tenfold.journey.record.Recording.Slice;
import dev.tenfold.journey.record.Recording.Span;
import dev.tenfold.journey.stage.Claim;
import dev.tenfold.journey.stage.Pace;
import dev.tenfold.journey.stage.StageResult;
import dev.tenfold.journey.stage.Stages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results of stages as a journey would have recorded them, but made here. */
public final class Recorded {

    /** What a server might say, and what a page must not take for its own. */
    public static final String HOSTILE = "<script>alert('x')</script> & \"quoted\" \u0000";

    private Recorded() {}

    /** All nine stages, with everything in them that a report draws. */
    public static List<StageResult> journey() {
        List<StageResult> results = new ArrayList<>();
        for (int number = 1; number <= 9; number++) {
            results.add(stage(number));
        }
        return results;
    }

    /** One stage: 5 s of load, a fault at 2 s, no answers for a second. */
    public static StageResult stage(int number) {
        return stage(number, 1200);
    }

    /** The same, with so many requests answered. */
    public static StageResult stage(int number, long answered) {
        List<Slice> slices = new ArrayList<>();
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            boolean silent = i == 4 || i == 5;
            slices.add(new Slice(
                    i / 2.0,
                    (i + 1) / 2.0,
                    silent ? 0 : 150,
                    silent ? 30 : 0,
                    silent ? 0 : 1.5 + i / 10.0,
                    silent ? 0 : 12 + 40 * (i == 6 ? 9 : 0)));
            points.add(new Point((i + 1) / 2.0, 100 + 10 * i));
        }
        List<Mark> marks = new ArrayList<>();
        marks.add(new Mark(2, Kind.FAULT, "", "killed: primary a (kill -9)"));
        marks.add(new Mark(2.1, Kind.REACTION, "endpoint.ejected", "balancer/apps: " + HOSTILE));
        List<Curve> curves = new ArrayList<>();
        List<Share> shares = new ArrayList<>();
        switch (number) {
            case 3 -> curves.add(new Curve(Chart.REQUESTS_BY_SERVER, "app-1", points));
            case 4 -> {
                marks.add(new Mark(2.3, Kind.REACTION, "primary.lost", "'a' no longer answers"));
                marks.add(new Mark(2.6, Kind.REACTION, "failover.frozen", "'b' is frozen"));
                marks.add(new Mark(2.7, Kind.REACTION, "failover.promoted", "'b' was promoted"));
                curves.add(new Curve(Chart.STATEMENTS_BY_DATABASE, "a", points));
                curves.add(new Curve(Chart.STATEMENTS_BY_DATABASE, "b", points));
                curves.add(new Curve(Chart.REPLICA_LAG, "b", points));
            }
            case 5 -> {
                curves.add(new Curve(Chart.CACHE_LOOKUPS, "hit", points));
                shares.add(
                        new Share(Chart.PROFILE_SOURCES, "stage 5: caches", parts("in the cache", 450, "loaded", 550)));
            }
            case 6 ->
                shares.add(new Share(
                        Chart.PROFILE_SOURCES, "stage 6: edge tokyo", parts("at the edge", 300, "at the origin", 120)));
            case 8 -> {
                curves.add(new Curve(Chart.QUEUE_DEPTH, "ready", points));
                curves.add(new Curve(Chart.REDELIVERIES, "failed attempts", points));
            }
            case 9 -> {
                curves.add(new Curve(Chart.STATEMENTS_BY_SHARD, "s1", points));
                shares.add(new Share(Chart.PEOPLE_BY_SHARD, "before", parts("s1", 750, "s2", 250)));
                shares.add(new Share(Chart.PEOPLE_BY_SHARD, "after the split", parts("s1", 380, "s3", 370)));
            }
            default -> {}
        }
        marks.add(new Mark(3, Kind.ACT, "", "the server is started again"));
        Map<String, Double> seconds = new LinkedHashMap<>();
        seconds.put(Cost.APPLICATION, 1.2);
        seconds.put(Cost.DATABASE, 0.3);
        seconds.put(Cost.LOAD, 0.6);
        Recording recording = new Recording(
                slices,
                marks,
                curves,
                shares,
                new Span(2, 3),
                number == 4 ? new Span(2.02, 2.9) : new Span(0, 0),
                new Cost(answered, seconds));
        return new StageResult(
                Stages.all().get(number - 1),
                new Pace(300, Duration.ofSeconds(5), 1000, 1, false).at(number),
                1260,
                60,
                new Latencies.Summary(1200, 2.1, 8.5, 41.2, 380, 39.9, 412.5),
                1000,
                2600,
                List.of("primary a (kill -9)"),
                new Audit(205, List.of(), 1, 1, List.of(), List.of()),
                List.of(
                        new Claim("0 lost acknowledged writes", true, "0 of 205 lost"),
                        new Claim("everybody reads their own writes", number != 6, HOSTILE)),
                List.of("3 requests were asked again by the browsers"),
                recording);
    }

    private static Map<String, Double> parts(String one, double first, String other, double second) {
        Map<String, Double> parts = new LinkedHashMap<>();
        parts.put(one, first);
        parts.put(other, second);
        return parts;
    }
}
