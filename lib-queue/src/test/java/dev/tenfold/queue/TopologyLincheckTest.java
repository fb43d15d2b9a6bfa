package dev.tenfold.queue;

import dev.tenfold.observe.Observer;
import java.util.List;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** Declaring, binding and deleting while messages are routed without a lock: each publish sees what there was at one instant. */
public final class TopologyLincheckTest {

    private final MemoryBroker broker = (MemoryBroker)
            Broker.builder().observer(Observer.none()).executor(task -> {}).inMemory();
    private final Exchange<String> exchange = broker.topicExchange("x", String.class);
    private final Exchange<String> byName = broker.defaultExchange(String.class);

    private List<MemoryQueue<String>> found() {
        return broker.topology().named("q");
    }

    @Operation
    public void declare() {
        broker.queue("q", String.class);
    }

    @Operation
    public void delete() {
        found().forEach(Queue::delete);
    }

    /** False if there is no queue, or it is deleted before it is bound. */
    @Operation
    public boolean bind() {
        for (Queue<String> queue : found()) {
            try {
                exchange.bind(queue, "a.*");
                return true;
            } catch (IllegalStateException deleted) {
                return false;
            }
        }
        return false;
    }

    @Operation
    public void unbind() {
        found().forEach(queue -> exchange.unbind(queue, "a.*"));
    }

    @Operation
    public String publish() {
        return String.valueOf(exchange.publish("a.b", "m").toCompletableFuture().join());
    }

    @Operation
    public String publishByName() {
        return String.valueOf(byName.publish("q", "m").toCompletableFuture().join());
    }

    @Test
    void isLinearizable() {
        new StressOptions()
                .iterations(8)
                .invocationsPerIteration(300)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(2)
                .actorsAfter(1)
                .check(TopologyLincheckTest.class);
    }
}
