package dev.tenfold.queue;

import dev.tenfold.observe.Observer;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** The books of a worker and the claim of a delivery, which are changed and read without a lock. */
final class SettlingLincheckTest {

    private static Broker broker() {
        return Broker.builder().observer(Observer.none()).executor(task -> {}).inMemory();
    }

    /** One thread takes and settles, as a worker does; what others see is never more than it held at an instant, nor less. */
    public static class Books {

        private final Worker<String> worker;

        public Books() {
            MemoryQueue<String> queue = (MemoryQueue<String>) broker().queue("q", String.class);
            Consumer.Options<String> options =
                    Consumer.Options.<String>defaults().manual();
            worker = new MemoryConsumer<>(queue, "c", options, delivery -> {})
                    .workers()
                    .get(0);
        }

        @Operation(nonParallelGroup = "worker")
        public void take() {
            worker.countTaken(1);
        }

        @Operation(nonParallelGroup = "worker")
        public void settle() {
            if (worker.unsettled() > 0) {
                worker.countSettled();
            }
        }

        @Operation
        public int unsettled() {
            return worker.unsettled();
        }
    }

    /** However many settle a delivery, one does. */
    public static class Claims {

        private final Delivery<String> delivery;

        public Claims() {
            Broker broker = broker();
            Queue<String> queue = broker.queue("q", String.class);
            broker.defaultExchange(String.class).publish("q", "m");
            delivery = queue.poll().orElseThrow();
        }

        private static boolean settles(Runnable settlement) {
            try {
                settlement.run();
                return true;
            } catch (IllegalStateException settledBefore) {
                return false;
            }
        }

        @Operation
        public boolean ack() {
            return settles(delivery::ack);
        }

        @Operation
        public boolean reject() {
            return settles(delivery::reject);
        }

        @Operation
        public boolean giveBack() {
            return settles(() -> delivery.nack(true));
        }
    }

    private static void check(Class<?> structure) {
        new StressOptions()
                .iterations(5)
                .invocationsPerIteration(300)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(structure);
    }

    @Test
    void whatAWorkerHoldsIsThatOfOneInstant() {
        check(Books.class);
    }

    @Test
    void aDeliveryIsSettledOnce() {
        check(Claims.class);
    }
}
