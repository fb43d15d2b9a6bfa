package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.reshard.Reshard.Phase;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The moment in which the slots of a flow refuse writes: what is left is sent on, the map is switched, and the taker opens.
 * Confined to the coordinator's steps, but for the stall.
 */
final class Fencing {

    /** What is being done behind the fence. */
    private enum Behind {
        NO_FENCE,
        DRAIN,
        COMPARE,
        SWITCH
    }

    private final FlowMove move;
    private Behind behind = Behind.NO_FENCE;
    private int compared;
    private long fencedAt;
    private int refusals;
    private volatile long stallNanos;

    Fencing(FlowMove move) {
        this.move = move;
    }

    /** Whether this coordinator has put the fence up and goes on behind it. */
    boolean isUp() {
        return behind != Behind.NO_FENCE;
    }

    void down() {
        behind = Behind.NO_FENCE;
    }

    void forgetRefusals() {
        refusals = 0;
    }

    Duration stall() {
        return Duration.ofNanos(stallNanos);
    }

    Duration putUp(Ends now) {
        now.drain(FlowMove.BATCH);
        if (now.giver().backlog(now.slots()) > FlowMove.LOW) {
            return Duration.ZERO;
        }
        // New writers may wait from the moment it is asked for.
        fencedAt = move.settings().time().nanoTime();
        if (!now.giver()
                .fence(
                        now.slots(),
                        move.token(),
                        move.flow().taker(),
                        move.settings().lockWait())) {
            return refused("fenced");
        }
        behind = Behind.DRAIN;
        compared = 0;
        return Duration.ZERO;
    }

    Duration behind(Ends now) {
        if (move.settings().time().nanoTime() - fencedAt
                >= move.settings().maxFence().toNanos()) {
            return fencedTooLong(now);
        }
        Verification comparison = move.verification();
        switch (behind) {
            case DRAIN -> behind = now.drain(FlowMove.BATCH).isEmpty() ? Behind.COMPARE : Behind.DRAIN;
            case COMPARE -> {
                if (comparison == null || compared == comparison.restless().size()) {
                    behind = Behind.SWITCH;
                } else if (comparison.differs(comparison.restless().get(compared++))) {
                    move.doubt();
                    move.takeFenceDown(now, Phase.CATCHING_UP);
                }
            }
            case SWITCH -> {
                if (now.switchOver()) {
                    open(now);
                }
            }
            case NO_FENCE -> throw new IllegalStateException("no fence");
        }
        return Duration.ZERO;
    }

    private Duration fencedTooLong(Ends now) {
        Duration lasted = Duration.ofNanos(move.settings().time().nanoTime() - fencedAt);
        if (!move.takeFenceDown(now, Phase.CATCHING_UP)) {
            return Duration.ZERO;
        }
        move.tell(
                "fence.taken.down",
                Level.WARNING,
                move.flow().slots().size() + " slots of " + move.flow().giver() + " refused writes for "
                        + lasted.truncatedTo(ChronoUnit.MILLIS) + ", longer than "
                        + move.settings().maxFence()
                        + "; they are open again and will be fenced again later",
                "lasted",
                lasted);
        return refused("switched within " + move.settings().maxFence());
    }

    /** Writers were in the way: leaves them alone for a while, or gives the plan up. */
    Duration refused(String what) {
        if (++refusals >= move.settings().fencing().attempts() && !move.flow().backwards()) {
            throw new Unmovable(
                    move.flow().slots().size() + " slots of " + move.flow().giver() + " could not be " + what + " in "
                            + refusals + " attempts (expected: transactions shorter than the lock wait of "
                            + move.settings().lockWait() + "; look for long ones, or raise fencing(...))");
        }
        return move.settings().fencing().delayAfter(refusals, move.settings().random());
    }

    /** The map says that the taker owns the slots: nothing but going on is left. */
    Duration open(Ends now) {
        Flow flow = move.flow();
        ShardMap newest = move.settings().maps().current();
        boolean follow = !flow.backwards() && !move.settings().soak().isZero();
        Optional<String> capturedFor = follow ? Optional.of(flow.giver()) : Optional.empty();
        now.taker().open(now.slots(), move.token(), newest.epoch(), capturedFor);
        if (behind != Behind.NO_FENCE) {
            Duration stall = Duration.ofNanos(move.settings().time().nanoTime() - fencedAt);
            stallNanos = stall.toNanos();
            behind = Behind.NO_FENCE;
            move.tell(
                    "slots.moved",
                    Level.INFO,
                    flow.slots().size() + " slots from " + flow.giver() + " to " + flow.taker()
                            + ", refusing writes for " + stall.truncatedTo(ChronoUnit.MILLIS),
                    "stall",
                    stall);
        }
        if (move.phase() != Phase.SWITCHED) {
            move.enter(Phase.SWITCHED);
        }
        if (follow) {
            now.giver().follow(now.slots(), move.token(), flow.taker());
        }
        move.enter(follow ? Phase.SOAKING : Phase.CLEANUP);
        return Duration.ZERO;
    }
}
