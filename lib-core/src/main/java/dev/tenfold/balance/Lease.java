package dev.tenfold.balance;

import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A pick that is reported once however often it is told.
 *
 * <p><b>Invariant:</b> the member's call is ended by the one thread that turns {@code reported} from false to true.
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

    @SuppressWarnings("unused") // through the handle
    private volatile boolean reported;

    Lease(Member<T> member, TimeSource time, long start) {
        this.member = member;
        this.endpoint = member.endpoint();
        this.time = time;
        this.start = start;
    }

    @Override
    public Endpoint<T> endpoint() {
        return endpoint;
    }

    @Override
    public void report(Outcome outcome) {
        if (REPORTED.compareAndSet(this, false, true)) {
            member.report(outcome, start, time.nanoTime());
        }
    }

    Member<T> member() {
        return member;
    }

    @Override
    public String toString() {
        return "Selection[" + endpoint.id() + "]";
    }
}
