package dev.tenfold.observe;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.LoggerFactory;

/**
 * Hands the events of one instance to its observer outside every lock and yet in order.
 *
 * <p>A component {@linkplain #add adds} an event where the change takes effect, usually holding its own lock, and calls
 * {@link #deliver} once it holds none. Thread-safe and lock-free; an observer may call back into the component, whose new
 * events then follow.
 *
 * <p><b>Invariant:</b> {@code asked} counts the calls of {@link #deliver} not yet served; whoever raises it from 0 is the one
 * thread that tells, until it is 0 again, so no two tell at once and no event waits unserved. <b>Bound:</b> {@value #LIMIT}
 * events wait; those beyond (an observer that hangs) are dropped and their number is logged.
 */
public final class EventRelay {

    /** How many events may wait for a slow observer. */
    static final int LIMIT = 10_000;

    private final Observer observer;
    private final Queue<Event> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();

    /**
     * Creates a relay.
     *
     * @param observer whom to tell; it is guarded here
     */
    public EventRelay(Observer observer) {
        this.observer = observer.guarded();
    }

    /**
     * Queues an event; nobody is told yet.
     *
     * @param event what happened
     */
    public void add(Event event) {
        if (size.incrementAndGet() > LIMIT) {
            size.decrementAndGet();
            dropped.incrementAndGet();
            return;
        }
        waiting.add(event);
    }

    /** Tells the observer what waits, or leaves it to the thread that is telling already. Call it holding no lock. */
    public void deliver() {
        if (asked.getAndIncrement() != 0) {
            return;
        }
        int served = 1;
        do {
            for (Event event = waiting.poll(); event != null; event = waiting.poll()) {
                size.decrementAndGet();
                observer.on(event);
            }
            int lost = dropped.getAndSet(0);
            if (lost > 0) {
                LoggerFactory.getLogger(EventRelay.class)
                        .warn("{} events dropped: the observer is slower than the changes", lost);
            }
            served = asked.addAndGet(-served);
        } while (served != 0);
    }
}
