package dev.tenfold.cache;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a cache shares with the caches of other nodes: the remote tier and the bus. Neither is waited for longer than the
 * remote timeout, and a failure of either never fails the cache: it is counted, and told once until it works again.
 */
final class OtherNodes<K, V> {

    private final String cache;
    private final String origin;
    private final @Nullable RemoteTier<K, V> remote;
    private final @Nullable InvalidationBus<K> bus;
    private final Duration timeout;
    private final Scheduler scheduler;
    private final TimeSource time;
    private final Observer observer;
    private final LongAdder failures;
    private final AtomicBoolean failing = new AtomicBoolean();

    OtherNodes(CacheOptions<K, V> b, LongAdder failures) {
        cache = b.name;
        origin = HexFormat.of().toHexDigits(b.random.nextLong());
        remote = b.remote;
        bus = b.bus;
        timeout = b.remoteTimeout;
        scheduler = b.effectiveScheduler();
        time = b.time;
        observer = b.observer.guarded();
        this.failures = failures;
    }

    /** Asks the remote tier, waiting for it. */
    RemoteTier.@Nullable Reading<V> read(K key) {
        RemoteTier<K, V> tier = remote;
        return tier == null ? null : await(() -> tier.get(key));
    }

    /** Asks the remote tier; completes with null where it has failed or there is none. */
    CompletionStage<RemoteTier.@Nullable Reading<V>> readAsync(K key) {
        RemoteTier<K, V> tier = remote;
        if (tier == null) {
            return CompletableFuture.completedStage(null);
        }
        CompletableFuture<RemoteTier.@Nullable Reading<V>> answer = new CompletableFuture<>();
        Scheduler.Task alarm = scheduler.schedule(timeout, () -> {
            if (answer.complete(null)) {
                note(new TimeoutException("no answer within " + timeout));
            }
        });
        var unused = begin(() -> tier.get(key)).whenComplete((reading, failure) -> {
            alarm.cancel();
            if (answer.complete(reading)) {
                note(failure);
            }
        });
        return answer;
    }

    /** Offers what was loaded to the remote tier, without waiting. */
    void fill(K key, RemoteTier.@Nullable Reading<V> reading, RemoteTier.Entry<V> entry) {
        RemoteTier<K, V> tier = remote;
        if (tier != null && reading != null && reading.lease() != RemoteTier.NO_LEASE) {
            var unused =
                    begin(() -> tier.fill(key, reading.lease(), entry)).whenComplete((kept, failure) -> note(failure));
        }
    }

    boolean hasRemote() {
        return remote != null;
    }

    /** Writes through to the remote tier, waiting for it. */
    void put(K key, RemoteTier.Entry<V> entry) {
        RemoteTier<K, V> tier = remote;
        if (tier != null) {
            await(() -> tier.put(key, entry));
        }
    }

    /** Drops from the remote tier, waiting for it. */
    void drop(InvalidationBus.Message<K> what) {
        RemoteTier<K, V> tier = remote;
        if (tier != null) {
            await(() -> tier.invalidate(what));
        }
    }

    /** Tells the other nodes, waiting until the bus has taken the message. */
    void publish(InvalidationBus.Message<K> what) {
        InvalidationBus<K> others = bus;
        if (others != null) {
            await(() -> others.publish(what));
        }
    }

    InvalidationBus.Message<K> key(K key) {
        return keys(List.of(key));
    }

    InvalidationBus.Message<K> keys(List<K> keys) {
        return new InvalidationBus.Message<>(cache, origin, keys, List.of(), List.of(), false);
    }

    InvalidationBus.Message<K> tag(String tag) {
        return new InvalidationBus.Message<>(cache, origin, List.of(), List.of(tag), List.of(), false);
    }

    InvalidationBus.Message<K> prefix(String prefix) {
        return new InvalidationBus.Message<>(cache, origin, List.of(), List.of(), List.of(prefix), false);
    }

    InvalidationBus.Message<K> all() {
        return new InvalidationBus.Message<>(cache, origin, List.of(), List.of(), List.of(), true);
    }

    /** Returns whether a message concerns this cache and comes from another. */
    boolean isForeign(InvalidationBus.Message<K> message) {
        return message.cache().equals(cache) && !message.origin().equals(origin);
    }

    void tell(String kind, Level level, String message, Map<String, Object> details) {
        observer.on(new Event(time.now(), "cache/" + cache, kind, level, "cache '" + cache + "': " + message, details));
    }

    private <T> @Nullable T await(Supplier<? extends CompletionStage<T>> call) {
        try {
            T answer = begin(call).toCompletableFuture().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            note(null);
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            note(e);
        } catch (Exception failure) {
            note(failure);
        }
        return null;
    }

    private static <T> CompletionStage<T> begin(Supplier<? extends CompletionStage<T>> call) {
        try {
            return call.get();
        } catch (RuntimeException failure) {
            return CompletableFuture.failedStage(failure);
        }
    }

    private void note(@Nullable Throwable failure) {
        if (failure != null) {
            failures.increment();
            if (failing.compareAndSet(false, true)) {
                tell(
                        "remote.failed",
                        Level.WARNING,
                        "goes on without the remote tier or the bus: " + failure,
                        Map.of("cause", failure.toString()));
            }
        } else if (failing.get() && failing.compareAndSet(true, false)) {
            tell("remote.restored", Level.INFO, "the remote tier or the bus answers again", Map.of());
        }
    }
}
