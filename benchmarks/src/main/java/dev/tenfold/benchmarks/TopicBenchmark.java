package dev.tenfold.benchmarks;

import dev.tenfold.queue.routing.TopicRouter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * <b>What does it cost to find the queues of a routing key among many binding keys with wildcards?</b> An operation routes one
 * message. Binding keys and routing keys are those of {@link Topics}.
 *
 * <ul>
 *   <li>{@code tenfoldRecurring}: {@link TopicRouter}, 1,000 routing keys, which Zipf's law picks from: the router remembers
 *       where they lead.
 *   <li>{@code tenfoldNew}: the same router, each of more keys than it remembers in turn, so that every one is new.
 * </ul>
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name topics --include .*TopicBenchmark.*"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TopicBenchmark {

    @Param({"10", "100", "1000", "10000", "100000"})
    private int bindings;

    @Param({"END", "ANYWHERE"})
    private Topics.Wildcards wildcards;

    private final TopicRouter<Integer> router = new TopicRouter<>();
    private String[] fresh;
    private String[] recurring;

    /** Binds. */
    @Setup
    public void bind() {
        Topics topics = topics();
        fresh = topics.routingKeys(Topics.FRESH);
        recurring = topics.recurring(fresh);
        String[] keys = topics.bindingKeys(bindings);
        for (int i = 0; i < keys.length; i++) {
            router.bind(i, keys[i], Map.of());
        }
    }

    /** The keys to bind and to route, the same on every call. */
    protected final Topics topics() {
        return new Topics(wildcards);
    }

    /** How many binding keys there are. */
    protected final int bindings() {
        return bindings;
    }

    /** A key the router has seen. */
    @Benchmark
    public List<Integer> tenfoldRecurring(Requests requests) {
        return router.route(recurring[requests.next()], Map.of());
    }

    /** A key it has not seen. */
    @Benchmark
    public List<Integer> tenfoldNew(Requests requests) {
        return router.route(fresh[requests.next()], Map.of());
    }
}
