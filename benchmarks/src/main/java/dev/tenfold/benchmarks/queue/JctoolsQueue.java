package dev.tenfold.benchmarks.queue;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MpmcArrayQueue;

/** A lock-free ring of JCTools: whoever finds it full or empty yields, and sleeps for a moment if that does not help. */
final class JctoolsQueue implements Contender {

    private static final int YIELDS = 100;
    private static final long PAUSE_NANOS = 50_000;

    private final MpmcArrayQueue<byte[]> queue = new MpmcArrayQueue<>(Load.WINDOW);

    JctoolsQueue() {}

    @Override
    public String name() {
        return "JCTools MpmcArrayQueue";
    }

    @Override
    public String path() {
        return "offer and poll, yielding";
    }

    @Override
    public boolean isBounded() {
        return true;
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
                return message -> {
                    for (int tries = 0; !queue.offer(message); tries++) {
                        pause(tries);
                    }
                };
            }

            @Override
            public void close() {
                threads.shutdownNow();
            }
        };
    }

    private void consume(Receipts receipts) {
        for (int tries = 0; !Thread.currentThread().isInterrupted(); ) {
            byte[] message = queue.poll();
            if (message == null) {
                pause(tries++);
            } else {
                receipts.handled(message);
                tries = 0;
            }
        }
    }

    // One that only spins would keep the other side off a processor where there are few.
    @SuppressWarnings("ThreadPriorityCheck")
    private void pause(int tries) {
        if (tries < YIELDS) {
            Thread.yield();
        } else {
            LockSupport.parkNanos(this, PAUSE_NANOS);
        }
    }
}
