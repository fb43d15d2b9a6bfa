package dev.tenfold.benchmarks.peers;

import dev.tenfold.benchmarks.Topics;
import dev.tenfold.queue.routing.TopicRouter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.server.exchange.topic.TopicMatcherResult;
import org.apache.qpid.server.exchange.topic.TopicParser;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * <b>And in Qpid Broker-J?</b> It turns all binding keys into one deterministic automaton, which takes longer than anyone waits
 * where there are more than these; hence a benchmark of its own.
 *
 * <ul>
 *   <li>{@code qpidNew}: Qpid Broker-J 10.1.0, {@link TopicParser}.
 *   <li>{@code tenfoldNew}: as in {@code TopicBenchmark}.
 * </ul>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TopicQpidBenchmark {

    /** How many, and where their wildcards stand: at 100 with wildcards anywhere the automaton outgrows 6 GB. */
    @Param({"10 END", "100 END", "10 ANYWHERE"})
    private String bindings;

    private final TopicParser parser = new TopicParser();
    private final TopicRouter<Integer> router = new TopicRouter<>();
    private String[] fresh;
    private int next;

    private record Result(int binding) implements TopicMatcherResult {}

    /** Binds. */
    @Setup
    public void bind() {
        String[] which = bindings.split(" ", 2);
        Topics topics = new Topics(Topics.Wildcards.valueOf(which[1]));
        fresh = topics.routingKeys(Topics.FRESH);
        String[] keys = topics.bindingKeys(Integer.parseInt(which[0]));
        for (int i = 0; i < keys.length; i++) {
            parser.addBinding(keys[i], new Result(i));
            router.bind(i, keys[i], Map.of());
        }
    }

    /** Qpid. */
    @Benchmark
    public Collection<TopicMatcherResult> qpidNew() {
        return parser.parse(fresh[next++ & (Topics.FRESH - 1)]);
    }

    /** Tenfold. */
    @Benchmark
    public List<Integer> tenfoldNew() {
        return router.route(fresh[next++ & (Topics.FRESH - 1)], Map.of());
    }
}
