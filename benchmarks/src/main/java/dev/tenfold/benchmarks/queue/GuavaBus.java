package dev.tenfold.benchmarks.queue;

import com.google.common.eventbus.AllowConcurrentEvents;
import com.google.common.eventbus.AsyncEventBus;
import com.google.common.eventbus.EventBus;
import com.google.common.eventbus.Subscribe;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Guava's event buses: routed by class, nothing is acknowledged, limited or tried again. */
class GuavaBus implements Contender {

    private final boolean async;

    /** Subscribers run on an executor. */
    GuavaBus() {
        this(true);
    }

    private GuavaBus(boolean async) {
        this.async = async;
    }

    /** Subscribers run on the producer's thread. */
    static final class Caller extends GuavaBus {
        Caller() {
            super(false);
        }
    }

    @Override
    public String name() {
        return async ? "Guava AsyncEventBus" : "Guava EventBus";
    }

    @Override
    public String path() {
        return async ? "by class to a subscriber on an executor" : "by class to a subscriber on the producer's thread";
    }

    /** The synchronous one has nothing to bound. */
    @Override
    public boolean isBounded() {
        return !async;
    }

    @Override
    public Session open(Shape shape, Receipts receipts) {
        ExecutorService threads = Executors.newFixedThreadPool(shape.consumers());
        EventBus bus = async ? new AsyncEventBus(threads) : new EventBus();
        bus.register(new Subscriber(receipts));
        return new Session() {
            @Override
            public Sender sender() {
                return bus::post;
            }

            @Override
            public void close() {
                threads.shutdownNow();
            }
        };
    }

    /** Handles what it is given. */
    public static final class Subscriber {

        private final Receipts receipts;

        private Subscriber(Receipts receipts) {
            this.receipts = receipts;
        }

        /** Counts. */
        @Subscribe
        @AllowConcurrentEvents
        public void on(byte[] message) {
            receipts.handled(message);
        }
    }
}
