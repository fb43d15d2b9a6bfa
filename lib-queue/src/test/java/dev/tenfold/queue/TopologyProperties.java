package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.testing.RandomTopology;
import dev.tenfold.queue.testing.TopologyModel;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random topologies and streams of messages: the same deliveries in memory and with a log as in the plainest model. */
class TopologyProperties {

    @Provide
    Arbitrary<RandomTopology> topologies() {
        return RandomTopology.any(false);
    }

    private static BrokerBuilder builder() {
        return Broker.builder().observer(Observer.none()).executor(Runnable::run);
    }

    @Property(tries = 1_000)
    void deliversInMemoryWhatTheModelDoes(@ForAll("topologies") RandomTopology topology) throws Exception {
        try (Broker broker = builder().inMemory()) {
            assertThat(topology.play(broker, "", 0)).isEqualTo(TopologyModel.play(topology));
        }
    }

    @Property(tries = 300)
    void deliversWithALogWhatTheModelDoes(@ForAll("topologies") RandomTopology topology) throws Exception {
        try (Broker broker = new MemoryBroker(builder().environment(), new FakeLog())) {
            assertThat(topology.play(broker, "", 0)).isEqualTo(TopologyModel.play(topology));
        }
    }
}
