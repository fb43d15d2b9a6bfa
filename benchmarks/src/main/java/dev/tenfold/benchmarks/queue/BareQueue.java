package dev.tenfold.benchmarks.queue;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;

/** A queue of the JDK that blocks, and nothing else: what a hand-off costs. */
class BareQueue implements Contender {

    private final BlockingQueue<byte[]> queue;

    private BareQueue(BlockingQueue<byte[]> queue) {
        this.queue = queue;
    }

    /** Without a bound. */
    static final class Transfer extends BareQueue {
        Transfer() {
            super(new LinkedTransferQueue<>());
        }
    }

    /** With a bound and two locks. */
    static final class Linked extends BareQueue {
        Linked() {
            super(new LinkedBlockingQueue<>(Load.WINDOW));
        }
    }

    /** With a bound and one lock. */
    static final class Array extends BareQueue {
        Array() {
            super(new ArrayBlockingQueue<>(Load.WINDOW));
        }
    }

    @Override
    public String name() {
        return queue.getClass().getSimpleName();
    }

    @Override
    public String path() {
        return isBounded() ? "put and take" : "put and take, no limit";
    }

    @Override
    public boolean isBounded() {
        return queue.remainingCapacity() < Integer.MAX_VALUE;
    }

    @Override
    public Session open(Shape shape, Receipts receipts) {
        ExecutorService threads = Executors.newFixedThreadPool(shape.consumers());
        for (int i = 0; i < shape.consumers(); i++) {
            threads.execute(() -> consume(receipts));
        }
        return new Session() {
            @Override
            public Sender sender() {
                return queue::put;
            }

            @Override
            public void close() {
                threads.shutdownNow();
            }
        };
    }

    private void consume(Receipts receipts) {
        try {
            while (true) {
                receipts.handled(queue.take());
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }
}
