package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.log.QueueLog;
import dev.tenfold.queue.testing.RandomTopology;
import dev.tenfold.queue.testing.RandomTopology.Flavour;
import dev.tenfold.queue.testing.RandomTopology.Stage;
import dev.tenfold.queue.testing.TopologyModel;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random topologies and streams of messages: the same deliveries in memory and with a log as in the plainest model. */
class TopologyProperties {

    @Provide
    Arbitrary<RandomTopology> limited() {
        return RandomTopology.any(Flavour.LIMITED);
    }

    @Provide
    Arbitrary<RandomTopology> timed() {
        return RandomTopology.any(Flavour.TIMED);
    }

    private static void check(RandomTopology topology, QueueLog log) throws Exception {
        Bench bench = new Bench(builder -> builder.observer(Observer.none()), log);
        try (Broker broker = bench.broker) {
            assertThat(topology.play(broker, new Stage("", 0, true, bench.time::advance)))
                    .isEqualTo(TopologyModel.play(topology, true));
        }
    }

    @Property(tries = 1_000)
    void deliversInMemoryWhatTheModelDoes(@ForAll("limited") RandomTopology topology) throws Exception {
        check(topology, QueueLog.NONE);
    }

    @Property(tries = 300)
    void deliversWithALogWhatTheModelDoes(@ForAll("limited") RandomTopology topology) throws Exception {
        check(topology, new FakeLog());
    }

    @Property(tries = 500)
    void letsTimePassInMemoryAsTheModelDoes(@ForAll("timed") RandomTopology topology) throws Exception {
        check(topology, QueueLog.NONE);
    }

    @Property(tries = 200)
    void letsTimePassWithALogAsTheModelDoes(@ForAll("timed") RandomTopology topology) throws Exception {
        check(topology, new FakeLog());
    }
}
