package dev.tenfold.benchmarks.peers;

import dev.tenfold.benchmarks.TopicBenchmark;
import dev.tenfold.benchmarks.Topics;
import java.util.ArrayList;
import java.util.List;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.postoffice.impl.AddressMap;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * <b>And in Artemis?</b> The same operations as in {@link TopicBenchmark}, which are measured again here, so that they stand
 * in one table.
 *
 * <ul>
 *   <li>{@code artemisNew}: Artemis 2.41.0, {@link AddressMap}, which finds the wildcard addresses of an address that was not
 *       routed before. What it finds is put into a list, as a broker would. A {@link SimpleString} remembers its words, so
 *       one is made of each key, as for each message. Its {@code #} and {@code *} differ from AMQP's in a few cases; what they
 *       cost does not.
 * </ul>
 *
 * <pre>mvn -q -Ppeers,bench verify -Dbench.args="--name topics --include .*Topic(Peers|Qpid)Benchmark.* --forks 1"</pre>
 */
@State(Scope.Benchmark)
public class TopicPeersBenchmark extends TopicBenchmark {

    private final AddressMap<Integer> addresses = new AddressMap<>("#", "*", '.');
    private String[] fresh;
    private int next;

    /** Binds. */
    @Setup
    public void bindPeers() {
        Topics topics = topics();
        fresh = topics.routingKeys(Topics.FRESH);
        String[] bound = topics.bindingKeys(bindings());
        for (int i = 0; i < bound.length; i++) {
            addresses.put(SimpleString.of(bound[i]), i);
        }
    }

    /** An address that was not routed before. */
    @Benchmark
    public List<Integer> artemisNew() throws Exception {
        List<Integer> found = new ArrayList<>();
        addresses.visitMatchingWildcards(SimpleString.of(fresh[next++ & (Topics.FRESH - 1)]), found::add);
        return found;
    }
}
