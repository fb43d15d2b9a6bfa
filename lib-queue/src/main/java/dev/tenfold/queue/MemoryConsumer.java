package dev.tenfold.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A consumer of a queue in memory: its workers, and what they have in common. */
final class MemoryConsumer<E> implements Consumer {

    private final Deliveries<E> queue;
    private final String name;
    private final Options<E> options;
    private final Handler<E> handler;
    private final List<Worker<E>> workers;

    /** How many messages a worker may hold. */
    private final int prefetch;

    // Guarded by the queue's lock

    /** Workers beyond the floor that wait until there is much to do. */
    final ArrayDeque<Worker<E>> spare = new ArrayDeque<>(1);

    /** Workers that wait until this consumer is the active one. */
    final List<Worker<E>> parked = new ArrayList<>(0);

    /** How many workers are running or starved. */
    int busy;

    /** Written under the queue's lock. */
    private volatile boolean closed;

    MemoryConsumer(Deliveries<E> queue, String name, Options<E> options, Handler<E> handler) {
        this.queue = queue;
        this.name = name;
        this.options = options;
        this.handler = handler;
        // A message that is settled late must not be overtaken by the next one of its lane.
        this.prefetch = isOrdered() && options.isManual() ? 1 : options.prefetch();
        List<Worker<E>> made = new ArrayList<>(options.ceiling());
        for (int i = 0; i < options.ceiling(); i++) {
            made.add(new Worker<>(this, queue, i));
        }
        this.workers = List.copyOf(made);
        this.busy = workers.size();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int unsettled() {
        int sum = 0;
        for (int i = 0; i < workers.size(); i++) {
            sum += workers.get(i).unsettled();
        }
        return sum;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() {
        queue.close(this);
    }

    Options<E> options() {
        return options;
    }

    Handler<E> handler() {
        return handler;
    }

    List<Worker<E>> workers() {
        return workers;
    }

    int prefetch() {
        return prefetch;
    }

    boolean isManual() {
        return options.isManual();
    }

    boolean isOrdered() {
        return options.order().isPresent();
    }

    /** Returns how many messages its workers could take. */
    int room() {
        return workers.size() * prefetch - unsettled();
    }

    /** Returns whether it was open. */
    boolean markClosed() {
        boolean first = !closed;
        closed = true;
        return first;
    }

    void start() {
        workers.forEach(Worker::start);
    }

    @Override
    public String toString() {
        return "Consumer[" + name + ", " + unsettled() + " unsettled" + (closed ? ", closed]" : "]");
    }
}
