package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.reshard.Reshard.Phase;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Request;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Moves the slots of one flow, a bounded step at a time. Confined to the coordinator's steps, but for the counters that
 * progress reads.
 *
 * <p>Whatever it remembers it can do without: after a failure, and in another process, it claims the slots, finds in the map
 * who owns them, takes down a fence it finds, and goes on from there. Copying goes on at the cursor only if the giver has
 * recorded changes for the taker all the time, which the stores say themselves; else the taker is cleared first.
 *
 * <p>The journal says {@link Phase#FENCING} before a fence is put up, {@link Phase#CAPTURING} before either store is touched,
 * and {@link Phase#CLEANUP} before an old row is deleted.
 */
final class FlowMove {

    /** Marks sent on at a time. */
    static final int BATCH = 500;

    /** Chunks between two looks at the backlog. */
    private static final int LOOK_EVERY = 8;

    /** A backlog that interrupts copying, and one that is small enough to go on with. */
    private static final int HIGH = 5_000;

    static final int LOW = 200;

    final int index;
    private final Coordinator coordinator;
    private final Settings settings;
    private final Pace pace;

    /** Null until the slots are claimed and the map was read. */
    private @Nullable Ends ends;

    private boolean claimed;
    private boolean oriented;
    private final Fencing fencing = new Fencing(this);
    private @Nullable Cursor cursor;
    private int sinceLook;
    private boolean draining;
    private boolean released;
    private @Nullable Verification verification;
    private Verification.Next verifying = Verification.Next.COMPARE;
    private boolean verified;
    private long toDrain = -1;
    private long restUntil;
    private boolean resting;

    /** Copied by this coordinator and in the journal already. */
    private final AtomicLong allRows = new AtomicLong();
    /** Copied since the journal was written. */
    private final AtomicLong rows = new AtomicLong();

    private final AtomicLong bytes = new AtomicLong();

    FlowMove(Coordinator coordinator, int index) {
        this.coordinator = coordinator;
        this.settings = coordinator.settings;
        this.index = index;
        this.pace = new Pace(settings);
    }

    Flow flow() {
        return coordinator.flow(index);
    }

    Phase phase() {
        return flow().phase();
    }

    Settings settings() {
        return settings;
    }

    long token() {
        return coordinator.token();
    }

    @Nullable
    Verification verification() {
        return verification;
    }

    /** Compares everything again before the next fence. */
    void doubt() {
        verified = false;
    }

    private boolean undoing() {
        return coordinator.journal().undoing() && !flow().backwards();
    }

    boolean isOver() {
        return phase() == Phase.DONE || phase() == Phase.ABORTED;
    }

    boolean soaking() {
        return phase() == Phase.SOAKING;
    }

    /** Writers are refused, or may be: this comes first, and is not paused. */
    boolean urgent() {
        return fencing.isUp() || phase() == Phase.SWITCHED || (phase() == Phase.FENCING && !oriented);
    }

    /** Nothing to do but send on what is written. */
    boolean follows() {
        return soaking()
                || (phase() == Phase.READY
                        && !flow().backwards()
                        && !undoing()
                        && !coordinator.journal().asks(Request.CUT_OVER));
    }

    /** How many rows were copied here, rather than by a coordinator before. */
    long rowsHere() {
        return allRows.get() + rows.get();
    }

    long rows() {
        return flow().rows() + rows.get();
    }

    long bytes() {
        return flow().bytes() + bytes.get();
    }

    Duration stall() {
        return fencing.stall();
    }

    long highestToken() {
        if (isOver()) {
            return 0;
        }
        int[] slots = flow().slotArray();
        return Math.max(
                settings.store(flow().from()).token(slots),
                settings.store(flow().to()).token(slots));
    }

    void reclaim() {
        claimed = false;
        reorient();
    }

    /** Everything is to be found out anew, by the token there is. */
    void reorient() {
        oriented = false;
        fencing.down();
        cursor = null;
        draining = false;
        released = false;
        toDrain = -1;
    }

    long restNanos(long now) {
        return resting ? restUntil - now : 0;
    }

    /** Does a bit; the coordinator sees to it that this rests as long as it wants to. */
    void step() {
        Duration rest = work();
        resting = !rest.isZero();
        restUntil = settings.time().nanoTime() + rest.toNanos();
    }

    private Duration work() {
        if (phase() == Phase.PLANNED) {
            enter(undoing() ? Phase.ABORTED : Phase.CAPTURING);
            return Duration.ZERO;
        }
        Ends now = ends;
        if (!claimed || now == null) {
            now = Ends.of(coordinator, flow());
            now.claim();
            ends = now;
            claimed = true;
            return Duration.ZERO;
        }
        if (!oriented) {
            return orient();
        }
        if (undoing() && phase().compareTo(Phase.SWITCHED) < 0) {
            return abort(now);
        }
        return switch (phase()) {
            case CAPTURING -> capture(now);
            case COPYING -> copy(now);
            case CATCHING_UP -> catchUp(now);
            case VERIFYING -> verify(now);
            case READY -> ready(now);
            case FENCING -> fencing.isUp() ? fencing.behind(now) : fencing.putUp(now);
            case SWITCHED -> fencing.open(now);
            case SOAKING -> now.drainBack(BATCH).isEmpty() ? settings.poll() : Duration.ZERO;
            case CLEANUP -> cleanUp(now);
            case PLANNED, DONE, ABORTED -> throw new IllegalStateException("phase: " + phase());
        };
    }

    void enter(Phase next) {
        Phase last = phase();
        long copiedRows = rows.get();
        long copiedBytes = bytes.get();
        coordinator.write(journal ->
                journal.withFlow(index, flow -> flow.at(next, flow.rows() + copiedRows, flow.bytes() + copiedBytes)));
        allRows.addAndGet(copiedRows);
        rows.set(0);
        bytes.set(0);
        if (last != next) {
            Flow flow = flow();
            tell(
                    "flow." + next.name().toLowerCase(Locale.ROOT),
                    Level.INFO,
                    flow.slots().size() + " slots from " + flow.giver() + " to " + flow.taker() + ": " + last + " -> "
                            + next,
                    "phase",
                    next);
        }
    }

    void tell(String kind, Level level, String message, String name, Object value) {
        Flow flow = flow();
        int slots = flow.slots().size();
        settings.tell(
                kind, level, message, Map.of("from", flow.giver(), "to", flow.taker(), "slots", slots, name, value));
    }

    /** Finds out where this stands. The token is claimed, so no other coordinator changes it meanwhile. */
    private Duration orient() {
        Ends now = Ends.of(coordinator, flow());
        ends = now;
        Phase anew = flow().backwards() ? Phase.CATCHING_UP : Phase.CAPTURING;
        if (now.switched()) {
            if (phase().compareTo(Phase.SWITCHED) < 0) {
                enter(Phase.SWITCHED);
            }
        } else if (now.fenced()) {
            takeFenceDown(now, anew);
            return Duration.ZERO;
        } else if (phase() != anew) {
            enter(anew);
        }
        oriented = true;
        return Duration.ZERO;
    }

    /** Lets writers in again, with what they wrote before still recorded, unless the slots have switched after all. */
    boolean takeFenceDown(Ends now, Phase next) {
        boolean open = now.takeFenceDown(undoing() ? Optional.empty() : Optional.of(flow().taker()));
        reorient();
        if (open) {
            enter(next);
            oriented = true;
        }
        return open;
    }

    private Duration capture(Ends now) {
        if (!now.captured()) {
            verified = false;
            if (!now.clearTaker(pace.chunk())) {
                return pace.after(pace.chunk(), 0, 0);
            }
            now.taker().expect(now.slots(), token(), flow().giver());
            if (!now.giver().capture(now.slots(), token(), flow().taker(), settings.lockWait())) {
                return fencing.refused("captured");
            }
            fencing.forgetRefusals();
        }
        enter(Phase.COPYING);
        return Duration.ZERO;
    }

    private Duration copy(Ends now) {
        Cursor at = cursor;
        if (at == null) {
            at = now.taker()
                    .cursor(now.slots())
                    .orElseThrow(() -> new IllegalStateException("slots of " + flow() + " are not incoming"));
            cursor = at;
        }
        if (at.equals(Cursor.END)) {
            enter(Phase.CATCHING_UP);
            return Duration.ZERO;
        }
        if (draining) {
            draining = !now.drain(BATCH).isEmpty() && now.giver().backlog(now.slots()) > LOW;
            return Duration.ZERO;
        }
        if (++sinceLook >= LOOK_EVERY) {
            sinceLook = 0;
            draining = now.giver().backlog(now.slots()) > HIGH;
        }
        Duration held = settings.brake().hold();
        if (!held.isZero()) {
            return held;
        }
        long began = settings.time().nanoTime();
        RowChunk chunk = now.giver().read(now.map(), now.slots(), at, pace.chunk());
        // Between reading and writing a chunk nothing is drained: a row deleted meanwhile must not come back.
        now.taker().copy(now.slots(), token(), chunk);
        cursor = chunk.next();
        long size = 0;
        for (Row row : chunk.rows()) {
            size += row.content().length();
        }
        rows.addAndGet(chunk.rows().size());
        bytes.addAndGet(size);
        return pace.after(chunk.rows().size(), size, settings.time().nanoTime() - began);
    }

    private Duration catchUp(Ends now) {
        if (flow().backwards() && !now.captured()) {
            throw new IllegalStateException("slots of " + flow() + " are not followed, so they cannot be brought back");
        }
        now.drain(BATCH);
        if (now.giver().backlog(now.slots()) <= LOW) {
            if (!verified && !flow().backwards()) {
                verification = new Verification(now.map(), now.slots(), now.giver(), now.taker());
                verifying = Verification.Next.COMPARE;
                toDrain = -1;
                enter(Phase.VERIFYING);
            } else {
                enter(Phase.READY);
            }
        }
        return Duration.ZERO;
    }

    private Duration verify(Ends now) {
        Verification comparison = verification;
        if (comparison == null) {
            enter(Phase.CATCHING_UP);
            return Duration.ZERO;
        }
        if (verifying == Verification.Next.COMPARE) {
            Duration held = settings.brake().hold();
            if (!held.isZero()) {
                return held;
            }
            verifying = comparison.compare(pace.chunk());
        } else if (verifying == Verification.Next.DRAIN) {
            drainFor(now, comparison);
        }
        if (verifying == Verification.Next.DONE) {
            verified = true;
            if (comparison.repairs() > 0) {
                tell(
                        "rows.resent",
                        Level.WARNING,
                        comparison.repairs() + " rows of " + flow().giver() + " differed on " + flow().taker()
                                + " and were sent again",
                        "rows",
                        comparison.repairs());
            }
            enter(Phase.READY);
        }
        return Duration.ZERO;
    }

    /** Sends on as many marks as there were after the comparison. */
    private void drainFor(Ends now, Verification comparison) {
        if (toDrain < 0) {
            toDrain = now.giver().backlog(now.slots());
        }
        Changes changes = now.drain(BATCH);
        comparison.touched(changes.keys());
        toDrain -= changes.marks().size();
        if (changes.isEmpty() || toDrain <= 0) {
            toDrain = -1;
            verifying = comparison.drained(token());
        }
    }

    private Duration ready(Ends now) {
        boolean more = !now.drain(BATCH).isEmpty() && now.giver().backlog(now.slots()) > LOW;
        if (!more && (flow().backwards() || coordinator.journal().asks(Request.CUT_OVER))) {
            enter(Phase.FENCING);
            return Duration.ZERO;
        }
        return more ? Duration.ZERO : settings.poll();
    }

    private Duration cleanUp(Ends now) {
        Duration held = settings.brake().hold();
        if (!held.isZero()) {
            return held;
        }
        if (!released) {
            // Nothing needs to be recorded any more.
            now.taker().open(now.slots(), token(), 0, Optional.empty());
            released = true;
        }
        long began = settings.time().nanoTime();
        int chunk = pace.chunk();
        if (now.giver().clear(now.map(), now.slots(), token(), chunk)) {
            enter(flow().backwards() ? Phase.ABORTED : Phase.DONE);
            return Duration.ZERO;
        }
        return pace.after(chunk, 0, settings.time().nanoTime() - began);
    }

    private Duration abort(Ends now) {
        if (now.fenced()) {
            takeFenceDown(now, Phase.CAPTURING);
            return Duration.ZERO;
        }
        now.giver().open(now.slots(), token(), 0, Optional.empty());
        int chunk = pace.chunk();
        if (!now.clearTaker(chunk)) {
            return pace.after(chunk, 0, 0);
        }
        enter(Phase.ABORTED);
        return Duration.ZERO;
    }
}
