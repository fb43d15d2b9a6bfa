package dev.tenfold.sharding.id;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes 64-bit ids that are unlike all others, also those of other processes, and rise with time; see {@link IdLayout}.
 *
 * <pre>{@code
 * IdGenerator ids = IdGenerator.of(IdLayout.since(Instant.parse("2026-01-01T00:00:00Z")))
 *         .nodesFrom(Registers.jdbc(control, "tenfold_register", "ids", NodeClaims.codec()).build())
 *         .scheduler(timer)
 *         .open();
 * long id = ids.next();
 * }</pre>
 *
 * <p>Each id is above all that this generator made before, <b>whatever the clock does</b>: where the clock went back, or a
 * millisecond has more ids than its sequence has numbers, it goes on counting, into milliseconds to come. It may get
 * {@linkplain IdGeneratorBuilder#maxAhead a few seconds} ahead of the clock; beyond that {@link #next} refuses, which says
 * that the clock went back farther, or that over four million ids a second are asked for (with the default layout).
 *
 * <p>Thread-safe and lock-free. An id costs a reading of the monotonic clock and a compare-and-set, and allocates nothing;
 * once a second, the wall clock is read.
 *
 * <p><b>Invariant:</b> {@code last} only rises, and every id is made of one of its values and a node that this process held
 * for that value's time. <b>Writers:</b> any caller of {@link #next}, by compare-and-set; {@code held} is replaced by one
 * renewal at a time, and by {@link #close}. <b>Order:</b> a caller reads {@code held} before it takes a value, and uses it
 * only for values of its time; a node replaced meanwhile stays this process's for that time.
 */
public final class IdGenerator implements LongSupplier, Measured, AutoCloseable {

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** For how long the wall clock is extrapolated by the monotonic one. */
    private static final long ANCHOR_NANOS = 1_000_000_000;

    /** One reading of both clocks. */
    private record Anchor(long nanos, long millis) {}

    private static final HeldNode CLOSED = new HeldNode(0, -1, 0, 0);

    /** What {@code last} is once closed, so that whoever has read a node before cannot take a value any more. */
    private static final long NO_MORE = Long.MAX_VALUE;

    private final String name;
    private final IdLayout layout;
    private final @Nullable NodeKeeper keeper;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final Observer observer;
    private final long maxAheadMillis;
    private final Duration renewal;
    private final long epochMillis;
    private final int sequenceBits;

    /** Milliseconds since the epoch and, below them, the sequence, of the id made last. */
    private final AtomicLong last = new AtomicLong(-1);

    private final AtomicReference<HeldNode> held;
    private volatile Anchor anchor;
    private volatile Scheduler.Task timer = () -> {};

    IdGenerator(IdGeneratorBuilder builder, @Nullable NodeKeeper keeper) {
        this.name = builder.name;
        this.layout = builder.layout;
        this.keeper = keeper;
        this.time = builder.time;
        this.scheduler = builder.scheduler;
        this.observer = builder.observer.guarded();
        this.maxAheadMillis = builder.maxAhead.toMillis();
        this.renewal = builder.window.dividedBy(3);
        this.epochMillis = layout.epoch().toEpochMilli();
        this.sequenceBits = layout.sequenceBits();
        this.anchor = newAnchor();
        this.held = new AtomicReference<>(
                keeper == null ? new HeldNode(builder.node, 0, 0, IdLayout.MAX_MILLIS) : keeper.claim(nowMillis()));
    }

    /**
     * Starts a generator.
     *
     * @param layout what the ids look like; the same in all processes
     * @return a builder without a node
     */
    public static IdGeneratorBuilder of(IdLayout layout) {
        return new IdGeneratorBuilder(layout);
    }

    /** Renews the claim from now on. */
    IdGenerator start() {
        if (keeper != null) {
            timer = scheduler.schedule(renewal, this::renew);
        }
        return this;
    }

    /**
     * Makes an id.
     *
     * @return one above all this generator made before, and unlike all that others made
     * @throws UnavailableException if the clock went back, or ids were asked for faster than there are any, so that this
     *     generator is too far ahead of it; if no node is held any more since the register could not be reached for long; or
     *     after {@link #close}. Nothing was made; it may work later
     */
    public long next() {
        while (true) {
            HeldNode node = held();
            long now = nowMillis();
            long before = last.get();
            if (before == NO_MORE) {
                throw refusal("it is closed");
            }
            long tick = Math.max(before + 1, Math.max(now, node.from()) << sequenceBits);
            long millis = tick >>> sequenceBits;
            if (millis >= node.until()) {
                if (!node.equals(held())) {
                    continue;
                }
                throw refusal(
                        node.equals(CLOSED)
                                ? "it is closed"
                                : "node " + node.node() + " may be used up to "
                                        + layout.epoch().plusMillis(node.until())
                                        + "; it could not be claimed for longer");
            }
            if (millis - now > maxAheadMillis) {
                throw refusal("it is " + Duration.ofMillis(millis - now) + " ahead of the clock (expected: at most "
                        + Duration.ofMillis(maxAheadMillis) + "); the clock went back, or too many ids were made");
            }
            if (last.compareAndSet(before, tick)) {
                return layout.id(tick, node.node());
            }
        }
    }

    /** Makes an id, as {@link #next}. */
    @Override
    public long getAsLong() {
        return next();
    }

    private UnavailableException refusal(String why) {
        return new UnavailableException("ids '" + name + "': " + why, List.of(), null);
    }

    /**
     * Returns what the ids look like.
     *
     * @return as built
     */
    public IdLayout layout() {
        return layout;
    }

    /**
     * Returns the number of the node whose ids are made now.
     *
     * @return 0 to {@link IdLayout#nodes()} - 1; another one after the claim was lost
     */
    public int node() {
        return held().node();
    }

    private HeldNode held() {
        return Objects.requireNonNull(held.get());
    }

    private long nowMillis() {
        Anchor near = anchor;
        long nanos = time.nanoTime() - near.nanos();
        if (nanos < 0 || nanos > ANCHOR_NANOS) {
            // Two that do this at once do the same.
            near = newAnchor();
            anchor = near;
            nanos = 0;
        }
        return near.millis() + nanos / NANOS_PER_MILLI;
    }

    private Anchor newAnchor() {
        return new Anchor(time.nanoTime(), time.now().toEpochMilli() - epochMillis);
    }

    private void renew() {
        HeldNode before = held();
        if (before.equals(CLOSED) || keeper == null) {
            return;
        }
        Duration again = renewal;
        try {
            HeldNode after = keeper.renew(before, nowMillis());
            if (!held.compareAndSet(before, after)) {
                // Closed meanwhile. A prolonged claim ends by itself; another one, of which no id was made, is given
                // up.
                if (after.number() != before.number()) {
                    keeper.release(after, after.from());
                }
                return;
            }
            if (after.number() != before.number()) {
                tell(
                        "node.lost",
                        Level.WARNING,
                        "lost node " + before.node() + ", claimed node " + after.node(),
                        after);
            }
        } catch (RuntimeException failure) {
            // What is held lasts as long as it did before.
            again = renewal.dividedBy(10);
            tell("node.not.renewed", Level.WARNING, "could not renew node " + before.node() + ": " + failure, before);
        }
        timer = scheduler.schedule(again, this::renew);
        if (held().equals(CLOSED)) {
            timer.cancel();
        }
    }

    private void tell(String kind, Level level, String message, HeldNode node) {
        observer.on(new Event(
                time.now(),
                "sharding/id/" + name,
                kind,
                level,
                message,
                Map.of("node", node.node(), "until", layout.epoch().plusMillis(node.until()))));
    }

    @Override
    public List<Measurement> measurements() {
        return List.of(Measurement.gauge(
                "tenfold.sharding.id.ahead",
                "ms",
                "How far the last id is ahead of the clock",
                Map.of("name", name),
                () -> held().equals(CLOSED) ? 0 : Math.max(0, (last.get() >> sequenceBits) - nowMillis())));
    }

    /**
     * Gives the node up, so that another process can have it soon; closing twice does nothing. No id is made from then on.
     *
     * @throws UnavailableException if the register cannot be reached; the claim ends by itself
     * @throws dev.tenfold.error.OutcomeUnknownException if it did not answer; the claim ends by itself
     */
    @Override
    public void close() {
        HeldNode before = Objects.requireNonNull(held.getAndSet(CLOSED));
        timer.cancel();
        if (!before.equals(CLOSED)) {
            // Nothing is taken from here on: what was taken is below.
            long end = Math.max((last.getAndSet(NO_MORE) >> sequenceBits) + 1, before.from());
            if (keeper != null) {
                keeper.release(before, end);
            }
        }
    }

    @Override
    public String toString() {
        return "IdGenerator[" + name + ", node " + node() + ", " + layout + "]";
    }
}
