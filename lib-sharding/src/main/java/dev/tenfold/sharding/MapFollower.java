package dev.tenfold.sharding;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.SnapshotCell;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a sharder's routing at the newest map: follows the register, refreshes, and waits where a shard refused a route.
 *
 * <p><b>Invariant:</b> the routing in {@code cell} never falls back to a lower epoch. <b>Writers:</b> whoever learns of a
 * map puts it into {@code learnt}, and one thread at a time (whoever raised {@code switching} from 0) makes the routing and
 * offers it to {@code cell}; so targets are made once, and under no lock. <b>Readers:</b> any thread, by one volatile
 * read of {@code cell}. <b>Order:</b> {@code learnt} is set before {@code switching} is raised, so whoever drains sees it.
 *
 * @param <S> the kind of shard
 */
final class MapFollower<S> implements AutoCloseable {

    private final String name;
    private final Slotting<?> slotting;
    private final VersionedRegister<ShardMap> register;
    private final @Nullable Function<? super String, ? extends S> factory;
    private final Backoff backoff;
    private final Observer observer;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final RandomGenerator random;

    private final SnapshotCell<Routing<S>> cell;
    private final AtomicReference<ShardMap> learnt;
    private final AtomicInteger switching = new AtomicInteger();
    private final LongAdder switches = new LongAdder();
    private final LongAdder refusals = new LongAdder();
    /** Written once, before the sharder is handed out. */
    private @Nullable Watch watch;

    MapFollower(
            SharderBuilder<?, S> builder, Slotting<?> slotting, VersionedRegister<ShardMap> register, ShardMap map) {
        this.name = builder.name;
        this.slotting = slotting;
        this.register = register;
        this.factory = builder.factory;
        this.backoff = builder.backoff;
        this.observer = builder.observer.guarded();
        this.time = builder.time;
        this.scheduler = builder.scheduler;
        this.random = builder.random;
        slotting.check(map);
        this.cell = new SnapshotCell<>(Routing.of(name, map, builder.targets, factory));
        this.learnt = new AtomicReference<>(map);
    }

    SnapshotCell<Routing<S>> cell() {
        return cell;
    }

    /** Follows the register from now on. */
    void follow() {
        watch = register.watch(versioned -> learn(versioned.value()));
    }

    private ShardMap map() {
        return cell.current().map();
    }

    /**
     * Refreshes, and unless that brought the epoch the shard asks for, waits a little for it. The wait ends early, since a
     * move may also be given up, and then the old epoch is right again.
     */
    void awaitNewer(StaleEpochException refused, Deadline deadline, int attempt) {
        refusals.increment();
        refresh();
        if (map().epoch() >= refused.current()) {
            return;
        }
        long pause = backoff.delayAfter(attempt, random).toNanos();
        if (deadline.remainingNanos() <= pause) {
            throw new DeadlineExceededException(
                    "the shard map to reach epoch " + refused.current(), deadline.budget(), refused);
        }
        CompletableFuture<Boolean> woken = new CompletableFuture<>();
        Scheduler.Task timer = scheduler.schedule(Duration.ofNanos(pause), () -> woken.complete(false));
        Watch watching = cell.watch(routing -> {
            if (routing.version() >= refused.current()) {
                woken.complete(true);
            }
        });
        try {
            scheduler.await(woken);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DeadlineExceededException(
                    "the shard map to reach epoch " + refused.current() + ", interrupted", deadline.budget(), refused);
        } finally {
            watching.close();
            timer.cancel();
        }
    }

    ShardMap refresh() {
        Optional<Versioned<ShardMap>> read = register.read();
        read.ifPresent(versioned -> learn(versioned.value()));
        ShardMap inForce = map();
        return read.map(Versioned::value)
                .filter(found -> found.epoch() > inForce.epoch())
                .orElse(inForce);
    }

    ShardMap apply(ShardPlan plan) {
        Versioned<ShardMap> current = register.read().orElseThrow();
        ShardMap next = plan.after();
        if (!current.value().equals(plan.before())
                || register.compareAndSet(current.version(), next).isEmpty()) {
            throw new StaleEpochException(
                    "plan for " + name,
                    plan.before().epoch(),
                    Math.max(refresh().epoch(), plan.before().epoch() + 1));
        }
        learn(next);
        return next;
    }

    private void learn(ShardMap map) {
        slotting.check(map);
        learnt.accumulateAndGet(map, (known, found) -> found.epoch() > known.epoch() ? found : known);
        if (switching.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            try {
                switchTo(Objects.requireNonNull(learnt.get()));
            } catch (RuntimeException | Error failed) {
                // A target could not be made. Whoever learns of a map next, the same one too, tries again.
                switching.set(0);
                throw failed;
            }
            seen = switching.addAndGet(-seen);
        } while (seen != 0);
    }

    private void switchTo(ShardMap map) {
        Routing<S> before = cell.current();
        if (map.epoch() <= before.version()) {
            return;
        }
        cell.offer(Routing.of(name, map, before.targets(), factory));
        switches.increment();
        observer.on(new Event(
                time.now(),
                "sharding/" + name,
                "map.changed",
                Level.INFO,
                "routes by epoch " + map.epoch() + " with " + map.shards().size() + " shards",
                Map.of("epoch", map.epoch(), "shards", map.shards().size())));
    }

    List<Measurement> measurements() {
        Map<String, String> tags = Map.of("name", name);
        return List.of(
                Measurement.gauge("tenfold.sharding.epoch", "1", "The epoch routed by", tags, () -> map().epoch()),
                Measurement.counter("tenfold.sharding.switches", "Maps taken over", tags, switches::sum),
                Measurement.counter(
                        "tenfold.sharding.refusals", "Calls refused for an outdated route", tags, refusals::sum));
    }

    @Override
    public void close() {
        Watch following = watch;
        if (following != null) {
            following.close();
        }
    }
}
