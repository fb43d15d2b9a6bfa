package dev.tenfold.health;

import dev.tenfold.topology.Outcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The health of one member of a {@link HealthGroup}, kept under concurrent reports.
 *
 * <p>Thread-safe. Reporting a success on a healthy endpoint is one volatile read. Counting is lock-free; only a change of
 * state takes the group's lock, because who may be ejected depends on the others.
 *
 * <p><b>Invariant:</b> {@code current} moves only by {@link Health}'s own transitions. <b>Writers:</b> any thread by
 * compare-and-set; a change of state only while holding the group's lock; {@code last} is the
 * group's, under its lock. <b>Readers:</b> any thread.
 */
public final class HealthCell {

    private static final VarHandle CURRENT;

    static {
        try {
            CURRENT = MethodHandles.lookup().findVarHandle(HealthCell.class, "current", Health.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final HealthGroup group;
    private final String id;
    private volatile Supplier<CallCounts> reader = () -> CallCounts.NONE;
    private volatile Consumer<? super Health> watcher = health -> {};
    private CallCounts last = CallCounts.NONE;
    private volatile Health current;

    HealthCell(HealthGroup group, String id, Health first) {
        this.group = group;
        this.id = id;
        this.current = first;
    }

    /**
     * Returns whose health this is.
     *
     * @return the member's id
     */
    public String id() {
        return id;
    }

    /**
     * Returns the health as of the last report or change. What only time changes shows after {@link
     * HealthGroup#advance}.
     *
     * @return an immutable picture
     */
    public Health current() {
        return current;
    }

    /**
     * Reports how a call on the endpoint went.
     *
     * @param outcome how it went
     */
    public void report(Outcome outcome) {
        if (!current.ignores(outcome)) {
            group.apply(this, (health, now) -> health.after(outcome, now));
        }
    }

    /**
     * Reports an active check.
     *
     * @param passed whether the endpoint answered as it should
     */
    public void checked(boolean passed) {
        checked(passed, "");
    }

    /**
     * Reports an active check and why it failed.
     *
     * @param passed whether the endpoint answered as it should
     * @param why what was wrong, in a few words; empty where it is not known or nothing was
     */
    public void checked(boolean passed, String why) {
        group.apply(this, (health, now) -> health.checked(passed, why, now));
    }

    /**
     * Tells where the counts of the endpoint's calls are read, once in each interval of the group's {@link OutlierPolicy}.
     * Without it the endpoint is never an outlier.
     *
     * @param reader returns counts that only grow; thread-safe, quick, and calling nothing back
     */
    public void countedBy(Supplier<CallCounts> reader) {
        this.reader = reader;
    }

    /**
     * Tells a watcher the health, at once and after each change, so that it may keep what it needs of it closer to hand. Of changes that
     * follow each other quickly it may miss some or be told one twice, but the last it is told is the last. Replaces an earlier watcher.
     *
     * @param watcher thread-safe, quick, and calling nothing back: it may be told under the group's lock
     */
    public void watchedBy(Consumer<? super Health> watcher) {
        this.watcher = watcher;
        tell();
    }

    /** Whoever finds that the health has changed again tells that, too; so a thread that is overtaken here leaves nothing stale. */
    private void tell() {
        Health told;
        do {
            told = current;
            watcher.accept(told);
        } while (told != current);
    }

    /** Returns what was counted since it was last asked; the group asks, holding its lock. */
    CallCounts sinceLast() {
        CallCounts now = reader.get();
        CallCounts since = now.minus(last);
        last = now;
        return since;
    }

    /** Takes the endpoint out until {@link #resume}; calls on it may end. */
    public void drain() {
        group.apply(this, Health::drain);
    }

    /** Takes a drained endpoint back. */
    public void resume() {
        group.apply(this, Health::resume);
    }

    boolean replace(Health expected, Health next) {
        boolean replaced = CURRENT.compareAndSet(this, expected, next);
        if (replaced && expected != next) {
            tell();
        }
        return replaced;
    }

    @Override
    public String toString() {
        return id + ": " + current;
    }
}
