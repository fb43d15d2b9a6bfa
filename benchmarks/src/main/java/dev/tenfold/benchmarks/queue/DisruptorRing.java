package dev.tenfold.benchmarks.queue;

import com.lmax.disruptor.BlockingWaitStrategy;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.YieldingWaitStrategy;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import com.lmax.disruptor.util.DaemonThreadFactory;

/**
 * LMAX Disruptor. It has no competing consumers: each handler sees every event and works on those whose number is its own, as its
 * authors recommend.
 */
class DisruptorRing implements Contender {

    private final WaitStrategy strategy;

    /** Consumers sleep while there is nothing to do. */
    DisruptorRing() {
        this(new BlockingWaitStrategy());
    }

    private DisruptorRing(WaitStrategy strategy) {
        this.strategy = strategy;
    }

    /** Consumers never sleep. */
    static final class Yielding extends DisruptorRing {
        Yielding() {
            super(new YieldingWaitStrategy());
        }
    }

    @Override
    public String name() {
        return strategy instanceof BlockingWaitStrategy ? "Disruptor, blocking" : "Disruptor, yielding";
    }

    @Override
    public String path() {
        return "publish and handle, consumers split by number";
    }

    @Override
    public boolean isBounded() {
        return true;
    }

    private static final class Slot {
        private byte[] message = {};
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generic handlers
    public Session open(Shape shape, Receipts receipts) {
        Disruptor<Slot> disruptor = new Disruptor<>(
                Slot::new,
                Load.WINDOW,
                DaemonThreadFactory.INSTANCE,
                shape.producers() == 1 ? ProducerType.SINGLE : ProducerType.MULTI,
                strategy);
        EventHandler<Slot>[] handlers = new EventHandler[shape.consumers()];
        for (int i = 0; i < handlers.length; i++) {
            int mine = i;
            handlers[i] = (slot, sequence, endOfBatch) -> {
                if (sequence % handlers.length == mine) {
                    receipts.handled(slot.message);
                }
            };
        }
        disruptor.handleEventsWith(handlers);
        RingBuffer<Slot> ring = disruptor.start();
        return new Session() {
            @Override
            public Sender sender() {
                return message -> ring.publishEvent((slot, sequence, given) -> slot.message = given, message);
            }

            @Override
            public void close() {
                disruptor.halt();
            }
        };
    }
}
