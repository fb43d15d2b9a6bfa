package dev.tenfold.benchmarks.whole;

import dev.tenfold.cache.InvalidationBus.Message;
import dev.tenfold.cache.RemoteTier;
import dev.tenfold.cache.RemoteTier.Entry;
import dev.tenfold.cache.RemoteTier.Reading;
import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A second tier on a machine of its own, which forgets everything when it crashes; and what each process uses it by. */
final class SharedTier {

    static final String PLACE = "tier";

    private record Held(long version, Entry<Long> entry, long since) {}

    private final SimulatedWorld world;
    private final Network network;
    private final Map<String, Held> entries = new HashMap<>();
    private final Map<String, Long> leases = new HashMap<>();
    /** Go on after a crash, so that no lease of before is good after it. */
    private long numbers;

    private boolean up = true;
    int hits;

    SharedTier(SimulatedWorld world, Network network) {
        this.world = world;
        this.network = network;
    }

    void crash() {
        up = false;
        entries.clear();
        leases.clear();
    }

    void restart() {
        up = true;
    }

    private Reading<Long> get(String key) {
        Held held = entries.get(key);
        if (held != null) {
            hits++;
            return new Reading<>(aged(held), held.version());
        }
        return new Reading<>(null, leases.computeIfAbsent(key, missing -> ++numbers));
    }

    private Entry<Long> aged(Held held) {
        Entry<Long> entry = held.entry();
        Duration age = entry.age().plusNanos(world.now() - held.since());
        return new Entry<>(
                entry.value(), entry.position(), entry.seen(), entry.read(), age, entry.lifetime(), entry.tags());
    }

    private boolean fill(String key, long lease, Entry<Long> entry) {
        Held held = entries.get(key);
        Long granted = leases.get(key);
        boolean good = lease != RemoteTier.NO_LEASE
                && ((granted != null && granted == lease) || (held != null && held.version() == lease));
        return good && put(key, entry);
    }

    private boolean put(String key, Entry<Long> entry) {
        leases.remove(key);
        entries.put(key, new Held(++numbers, entry, world.now()));
        return true;
    }

    private boolean invalidate(Message<String> what) {
        (what.all() ? Set.copyOf(entries.keySet()) : what.keys()).forEach(entries::remove);
        (what.all() ? Set.copyOf(leases.keySet()) : what.keys()).forEach(leases::remove);
        return true;
    }

    /** The tier as one process reaches it. */
    final class Client implements RemoteTier<String, Long> {

        private static final Duration AGAIN = Duration.ofMillis(100);

        private final String process;
        private final Clock clock;
        /** Keys whose invalidation the tier has not confirmed. */
        private final Set<String> owed = new TreeSet<>();

        Client(String process, Clock clock) {
            this.process = process;
            this.clock = clock;
        }

        /** Asks the tier and waits for nothing; there and back the message may be lost, and then the answer fails. */
        private <T> Reply<T> call(Supplier<T> body) {
            Reply<T> reply = new Reply<>(clock);
            Scheduler.Task alarm = clock.schedule(
                    Duration.ofNanos(Network.PATIENCE),
                    () -> reply.completeExceptionally(new IllegalStateException("the tier does not answer")));
            network.send(process, PLACE, () -> {
                if (up) {
                    T answer = body.get();
                    network.send(PLACE, process, () -> {
                        alarm.cancel();
                        reply.complete(answer);
                    });
                }
            });
            return reply;
        }

        @Override
        public CompletionStage<Reading<Long>> get(String key) {
            if (owed.contains(key)) {
                Reply<Reading<Long>> miss = new Reply<>(clock);
                miss.complete(new Reading<>(null, NO_LEASE));
                return miss;
            }
            return call(() -> SharedTier.this.get(key));
        }

        @Override
        public CompletionStage<Boolean> fill(String key, long lease, Entry<Long> entry) {
            return call(() -> SharedTier.this.fill(key, lease, entry));
        }

        @Override
        public CompletionStage<?> put(String key, Entry<Long> entry) {
            return call(() -> SharedTier.this.put(key, entry));
        }

        @Override
        public CompletionStage<?> invalidate(Message<String> what) {
            owed.addAll(what.keys());
            Reply<Boolean> reply = call(() -> SharedTier.this.invalidate(what));
            var unused = reply.whenComplete((done, failure) -> settle(what, failure));
            return reply;
        }

        private void settle(Message<String> what, @Nullable Throwable failure) {
            if (failure == null) {
                owed.removeAll(what.keys());
            } else {
                clock.schedule(AGAIN, () -> invalidate(what));
            }
        }
    }
}
