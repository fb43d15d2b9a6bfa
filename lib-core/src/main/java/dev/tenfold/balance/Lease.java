package dev.tenfold.balance;

import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A pick that is reported once however often it is told.
 *
 * <p><b>Invariant:</b> the member's call is ended by the one thread that turns {@code reported} from false to true; of a lease that
 * is {@linkplain Abandoned watched}, by whoever takes it off the watch.
 */
final class Lease<T> implements Selection<T> {

    private static final VarHandle REPORTED;

    static {
        try {
            REPORTED = MethodHandles.lookup().findVarHandle(Lease.class, "reported", boolean.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Member<T> member;
    private final Endpoint<T> endpoint;
    private final TimeSource time;
    private final long start;
    private Abandoned.@Nullable Watch watch;

    private volatile boolean reported;

    Lease(Member<T> member, TimeSource time, long start) {
        this.member = member;
        this.endpoint = member.endpoint();
        this.time = time;
        this.start = start;
    }

    /** Sets what to take this lease off when it ends; called before any other thread sees it. */
    void watched(Abandoned.Watch by) {
        watch = by;
    }

    @Override
    public Endpoint<T> endpoint() {
        return endpoint;
    }

    @Override
    public void report(Outcome outcome) {
        if (!reported) {
            end(outcome, time.nanoTime());
        }
    }

    /** Ends the call unless it has ended; says whether it was this that did. */
    boolean end(Outcome outcome, long now) {
        if (!REPORTED.compareAndSet(this, false, true) || (watch != null && !watch.end())) {
            return false;
        }
        member.report(outcome, now - start);
        return true;
    }

    boolean hasEnded() {
        return reported;
    }

    long start() {
        return start;
    }

    Member<T> member() {
        return member;
    }

    @Override
    public String toString() {
        return "Selection[" + endpoint.id() + "]";
    }
}
