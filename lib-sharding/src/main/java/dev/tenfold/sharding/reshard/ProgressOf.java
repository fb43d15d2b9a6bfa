package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.reshard.Reshard.Phase;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Sums a plan up. */
final class ProgressOf {

    private ProgressOf() {}

    /** From the journal, and the flows where this process works on them, since so many nanoseconds. */
    static Reshard.Progress plan(ReshardJournal now, List<FlowMove> moves, long nanos) {
        Phase least = Phase.ABORTED;
        int slots = 0;
        int switched = 0;
        long expected = 0;
        long rows = 0;
        long bytes = 0;
        for (Flow flow : now.flows()) {
            least = furtherBehind(flow.phase(), least) ? flow.phase() : least;
            slots += flow.slots().size();
            boolean there = flow.backwards()
                    ? flow.phase().compareTo(Phase.SWITCHED) < 0
                    : flow.phase().compareTo(Phase.SWITCHED) >= 0 && flow.phase() != Phase.ABORTED;
            switched += there ? flow.slots().size() : 0;
            expected += flow.expected();
            rows += flow.rows();
            bytes += flow.bytes();
        }
        long here = 0;
        Duration stall = Duration.ZERO;
        if (!moves.isEmpty()) {
            rows = 0;
            bytes = 0;
            for (FlowMove move : moves) {
                rows += move.rows();
                bytes += move.bytes();
                here += move.rowsHere();
                stall = stall.compareTo(move.stall()) < 0 ? move.stall() : stall;
            }
        }
        double seconds = nanos / 1e9;
        double rate = here == 0 || seconds <= 0 ? 0 : here / seconds;
        Optional<Duration> remaining = rate == 0
                ? Optional.empty()
                : Optional.of(Duration.ofMillis((long) (Math.max(0, expected - rows) * 1_000 / rate)));
        Phase phase = now.flows().isEmpty() ? (now.stage() == Stage.DONE ? Phase.DONE : Phase.PLANNED) : least;
        return new Reshard.Progress(now, phase, slots, switched, rows, bytes, expected, rate, remaining, stall);
    }

    /** Those at work first, then those not begun, then those over. */
    private static boolean furtherBehind(Phase phase, Phase other) {
        if (phase == Phase.PLANNED || other == Phase.PLANNED) {
            return phase == Phase.PLANNED ? other.compareTo(Phase.DONE) >= 0 : phase.compareTo(Phase.DONE) < 0;
        }
        return phase.compareTo(other) < 0;
    }
}
