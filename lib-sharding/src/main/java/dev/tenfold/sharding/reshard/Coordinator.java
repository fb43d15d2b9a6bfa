package dev.tenfold.sharding.reshard;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Request;
import dev.tenfold.sharding.reshard.ReshardJournal.Stage;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Works on a plan, a bounded step at a time: some calls to stores and registers, and the wish to be called again after a while.
 *
 * <p>One thread steps at a time, which {@link Reshard} sees to; other threads read {@link #journal()}. It may die anywhere,
 * or sleep and wake up after another took over:
 *
 * <p><b>Tokens.</b> Each is drawn by compare-and-set of the journal, so no two coordinators ever hold the same; the stores
 * refuse all but the one claimed last. After a failure whose outcome is unknown the coordinator draws a new one itself, so
 * that its own call cannot happen late.
 *
 * <p><b>The map.</b> Before it switches slots a coordinator reads the map, then makes sure that its token stands and the
 * slots are fenced, and only then compares-and-sets the map it has read. Whoever takes a fence down has raised the token, then
 * raises the map's epoch, and only then opens the slots. So a coordinator that was given up for dead has either switched
 * before that, which the other then sees, or fails.
 */
final class Coordinator {

    /** After so many steps without a failure, those before do not count any more. */
    private static final int RECOVERED = 20;

    final Settings settings;
    private final long plan;
    private final String me;
    private final List<FlowMove> moves = new ArrayList<>();
    private final Preparation preparation;
    private final Merging merging;
    private volatile ReshardJournal journal;
    private volatile boolean over;
    private volatile boolean woken;
    private long token;
    private boolean acquired;
    private String hopeless = "";
    private long read;
    private int failures;
    private int successes;
    private int turn;

    Coordinator(Settings settings, ReshardJournal journal) {
        this.settings = settings;
        this.plan = journal.plan();
        this.journal = journal;
        this.me = settings.name() + "/" + Long.toHexString(settings.random().nextLong());
        for (int i = 0; i < journal.flows().size(); i++) {
            moves.add(new FlowMove(this, i));
        }
        this.preparation = new Preparation(this);
        this.merging = new Merging(this);
    }

    ReshardJournal journal() {
        return journal;
    }

    long token() {
        return token;
    }

    boolean isOver() {
        return over;
    }

    List<FlowMove> moves() {
        return moves;
    }

    /** Something was asked for: the journal is read before the next step. */
    void wake() {
        woken = true;
    }

    /**
     * Does the next bit.
     *
     * @return how long to rest, or empty when the plan is over
     * @throws StaleEpochException if another coordinator took over
     * @throws RuntimeException if there were too many failures in a row
     */
    Optional<Duration> step() {
        try {
            Duration rest = advance();
            if (++successes >= RECOVERED) {
                failures = 0;
            }
            return over ? Optional.empty() : Optional.of(rest);
        } catch (Superseded superseded) {
            over = true;
            throw new StaleEpochException(
                    "plan " + plan + " of " + me + ", taken over by " + superseded.by.owner(),
                    token,
                    Math.max(token + 1, superseded.by.token()));
        } catch (RuntimeException failure) {
            return Optional.of(afterFailure(failure));
        }
    }

    private Duration afterFailure(RuntimeException failure) {
        successes = 0;
        failures++;
        // Whatever was sent last may happen yet, unless the token is raised first.
        acquired = false;
        if (failure instanceof Unmovable) {
            settings.tell(
                    "plan.failed",
                    Level.ERROR,
                    "plan " + plan + " is given up: " + failure.getMessage(),
                    Map.of("plan", plan));
            hopeless = String.valueOf(failure.getMessage());
            return Duration.ZERO;
        }
        settings.tell(
                "step.failed",
                Level.WARNING,
                "plan " + plan + ": " + failure + " (" + failures + " failures in a row)",
                Map.of("plan", plan, "failures", failures));
        if (!settings.retries().allowsAfter(failures)) {
            over = true;
            throw failure;
        }
        Duration pause = settings.retries().delayAfter(failures, settings.random());
        // Writers wait while a fence is up.
        boolean fenced = moves.stream().anyMatch(FlowMove::urgent);
        return fenced && pause.compareTo(settings.lockWait()) > 0 ? settings.lockWait() : pause;
    }

    private Duration advance() {
        if (!acquired) {
            acquire();
            return Duration.ZERO;
        }
        if (woken || settings.time().nanoTime() - read >= settings.poll().toNanos()) {
            woken = false;
            write(UnaryOperator.identity());
        }
        if (journal.isOver()) {
            over = true;
            return Duration.ZERO;
        }
        if (!hopeless.isEmpty() && journal.failure().isEmpty()) {
            String why = hopeless;
            write(current -> current.failing(why));
        }
        for (FlowMove move : moves) {
            if (move.urgent()) {
                move.step();
                return Duration.ZERO;
            }
        }
        if (journal.asks(Request.PAUSE)) {
            return settings.poll();
        }
        if (journal.stage() == Stage.BEGUN) {
            return preparation.step();
        }
        return moveOn();
    }

    private Duration moveOn() {
        long now = settings.time().nanoTime();
        List<FlowMove> candidates = new ArrayList<>();
        boolean finishing = true;
        for (FlowMove move : moves) {
            finishing &= move.isOver() || move.soaking();
            if (!move.isOver() && !move.follows()) {
                candidates.add(move);
                break;
            }
        }
        if (finishing) {
            Optional<Duration> done = conclude();
            if (done.isPresent()) {
                return done.get();
            }
        }
        // Those that follow get every fourth step, and all that the one at work leaves.
        turn++;
        for (int i = 0; i < moves.size(); i++) {
            FlowMove move = moves.get((i + turn) % moves.size());
            if (!move.isOver() && move.follows()) {
                candidates.add(turn % 4 == 0 ? 0 : candidates.size(), move);
            }
        }
        long least = settings.poll().toNanos();
        for (FlowMove move : candidates) {
            long rest = move.restNanos(now);
            if (rest <= 0) {
                move.step();
                return Duration.ZERO;
            }
            least = Math.min(least, rest);
        }
        return Duration.ofNanos(least);
    }

    /** Nothing is left to switch: rolls back, goes on to clean up, or finishes; or all soak on. */
    private Optional<Duration> conclude() {
        if (moves.stream().allMatch(FlowMove::isOver)) {
            Optional<Duration> merged = merging.step();
            if (merged.isEmpty()) {
                finish();
            }
            return Optional.of(merged.orElse(Duration.ZERO));
        }
        Instant now = settings.time().now();
        if (journal.soakEnd().isEmpty() && !journal.asks(Request.ROLL_BACK)) {
            write(current -> current.soakingUntil(now.plus(settings.soak())));
            return Optional.of(Duration.ZERO);
        }
        boolean due = journal.asks(Request.SETTLE)
                || journal.soakEnd().map(end -> !now.isBefore(end)).orElse(false);
        if (!due && !journal.asks(Request.ROLL_BACK)) {
            return Optional.empty();
        }
        write(current -> {
            ReshardJournal next = current;
            for (FlowMove move : moves) {
                next = next.withFlow(
                        move.index,
                        flow -> flow.phase() != Reshard.Phase.SOAKING
                                ? flow
                                : current.asks(Request.ROLL_BACK)
                                        ? flow.turned()
                                        : flow.at(Reshard.Phase.CLEANUP, flow.rows(), flow.bytes()));
            }
            return next;
        });
        moves.forEach(FlowMove::reorient);
        return Optional.of(Duration.ZERO);
    }

    private void finish() {
        boolean done =
                journal.flows().stream().allMatch(flow -> flow.phase() == Reshard.Phase.DONE) && !journal.undoing();
        settings.maps().update(map -> {
            requireMine();
            List<Shard> next = new ArrayList<>();
            for (Shard shard : map.shards()) {
                boolean owns = map.slotsOf(shard.id()).length > 0;
                boolean leaves = (done ? journal.removed() : journal.added()).contains(shard.id());
                if (owns || !leaves) {
                    next.add(done ? planned(shard) : shard);
                }
            }
            return next.equals(map.shards()) ? map : map.withShards(next);
        });
        write(current -> current.at(done ? Stage.DONE : Stage.ABORTED));
        over = true;
        settings.tell(
                done ? "plan.done" : "plan.aborted",
                done ? Level.INFO : Level.WARNING,
                "plan " + plan + (done ? " is done" : " was given up" + because()),
                Map.of("plan", plan));
    }

    private String because() {
        return journal.failure().isEmpty() ? "" : ": " + journal.failure();
    }

    private Shard planned(Shard shard) {
        for (Shard planned : journal.shards()) {
            if (planned.id().equals(shard.id())) {
                return planned;
            }
        }
        return shard;
    }

    /** Draws a token that nobody has, and makes this the one coordinator. */
    private void acquire() {
        long highest = Math.max(preparation.highestToken(), merging.highestToken());
        for (FlowMove move : moves) {
            highest = Math.max(highest, move.highestToken());
        }
        long least = highest;
        boolean first = token == 0;
        ReshardJournal now = settings.journals().update(current -> {
            if (current.plan() != plan || (!first && !mine(current))) {
                throw new Superseded(current);
            }
            return current.isOver() ? current : current.ownedBy(me, Math.max(current.token(), least) + 1);
        });
        read = settings.time().nanoTime();
        journal = now;
        token = now.token();
        acquired = true;
        moves.forEach(FlowMove::reclaim);
        preparation.restart();
        if (first) {
            settings.tell(
                    "plan.taken",
                    Level.INFO,
                    me + " works on plan " + plan + " with token " + token,
                    Map.of("plan", plan, "token", token));
        }
    }

    void renewToken() {
        acquired = false;
    }

    private boolean mine(ReshardJournal current) {
        return current.owner().equals(me) && current.token() == token;
    }

    /** Changes the journal if this is still the coordinator. */
    void write(UnaryOperator<ReshardJournal> change) {
        journal = settings.journals().update(current -> {
            if (current.plan() != plan || !mine(current)) {
                throw new Superseded(current);
            }
            return change.apply(current);
        });
        read = settings.time().nanoTime();
    }

    /** After the map was read and before it is changed: a later plan has not begun, or the change will fail. */
    void requireMine() {
        ReshardJournal current = settings.journals().current();
        if (current.plan() != plan || !mine(current)) {
            throw new Superseded(current);
        }
    }

    Flow flow(int index) {
        return journal.flows().get(index);
    }

    /** The map, made sure that it is the kind this plan was made for. */
    ShardMap map() {
        return settings.maps().current();
    }

    /** Another coordinator works on the plan, or on the next one. */
    private static final class Superseded extends RuntimeException {

        private static final long serialVersionUID = 1;

        private final transient ReshardJournal by;

        Superseded(ReshardJournal by) {
            super(by.owner(), null, false, false);
            this.by = by;
        }
    }
}
