package dev.tenfold.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs every benchmark for an instant, so that none of them rots. What they measure here means nothing. */
class BenchmarksRunTest {

    private static final Class<?>[] ALL = {
        CacheBenchmark.class,
        HitBenchmark.class,
        HotSpotBenchmark.class,
        PickBenchmark.class,
        PolicyBenchmark.class,
        PublishBenchmark.class,
        ReadConnectionBenchmark.class,
        ReplicaSelectionBenchmark.class,
        RouteBenchmark.class,
        ShardBenchmark.class,
        TopicBenchmark.class
    };

    @BeforeEach
    void mayRunBesideARealMeasurement() {
        System.setProperty("jmh.ignoreLock", "true");
    }

    /** On two threads, since what they share must be shared and the rest must not. */
    @Test
    void everyContenderOfEveryBenchmarkRuns() throws RunnerException {
        Set<String> ran = new TreeSet<>();
        for (RunResult result : runOnTwoThreads()) {
            ran.add(result.getParams().getBenchmark());
            assertThat(result.getPrimaryResult().getScore())
                    .as(result.getParams().id())
                    .isPositive();
        }
        assertThat(ran).isEqualTo(annotated());
    }

    private static Collection<RunResult> runOnTwoThreads() throws RunnerException {
        return new Runner(new OptionsBuilder()
                        .include("dev\\.tenfold\\.benchmarks\\..*")
                        .threads(2)
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(10))
                        .param("bindings", "10")
                        .param("endpoints", "10")
                        .param("entries", "1000")
                        .param("expiry", "PT1H")
                        .param("keys", "zipf")
                        .param("mix", "churn")
                        .param("replicas", "2")
                        .param("shards", "10")
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
    }

    private static Set<String> annotated() {
        Set<String> names = new TreeSet<>();
        for (Class<?> type : ALL) {
            for (var method : type.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Benchmark.class)) {
                    names.add(type.getName() + "." + method.getName());
                }
            }
        }
        return names;
    }
}
