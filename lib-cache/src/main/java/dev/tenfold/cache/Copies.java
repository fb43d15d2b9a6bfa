package dev.tenfold.cache;

import dev.tenfold.session.Positioned;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes copies of what was loaded, put or found in the remote tier. Calls the user's functions; holds no state. */
final class Copies<K, V> {

    private final Lifetimes<K, V> lifetimes;
    private final @Nullable Function<? super V, ? extends Collection<String>> tags;
    private final TimeSource time;
    private final boolean ageing;
    private final boolean tracked;

    Copies(CacheOptions<K, V> b, Lifetimes<K, V> lifetimes) {
        this.lifetimes = lifetimes;
        tags = b.tags;
        time = b.time;
        ageing = lifetimes.areLimited() || b.bus != null || b.remote != null;
        tracked = ageing || tags != null;
    }

    /** Returns whether copies can grow too old to answer. */
    boolean areAgeing() {
        return ageing;
    }

    /** Returns whether copies know their times and tags. */
    boolean areTracked() {
        return tracked;
    }

    /** Reads the clock, where times are kept. */
    long now() {
        return tracked ? time.nanoTime() : 0;
    }

    /**
     * Makes a copy of what was read.
     *
     * @param began {@link #now} before the load; the copy's age counts from then, since nothing says when within the load
     *     the value was read
     */
    Copy<V> of(K key, Positioned<@Nullable V> answer, long began) {
        if (!tracked) {
            return answer.position().isNone() ? new Copy<>(answer.value()) : new PlacedCopy<>(answer);
        }
        return tracked(key, answer, began, time.nanoTime() - began);
    }

    /** Makes a copy of what the user says is the value now. */
    Copy<V> of(K key, V value) {
        return tracked ? tracked(key, unplaced(value), time.nanoTime(), 0) : new Copy<>(value);
    }

    private Copy<V> tracked(K key, Positioned<@Nullable V> answer, long began, long loadNanos) {
        V value = answer.value();
        long lifetime = lifetimes.draw(key, value);
        List<String> named = tags == null || value == null ? List.of() : List.copyOf(tags.apply(value));
        return new TrackedCopy<>(answer, began, lifetime, loadNanos, named);
    }

    /** Makes a copy of what the remote tier holds. It is as old as the entry, so that tiers do not add up. */
    Copy<V> of(RemoteTier.Entry<V> entry) {
        long lifetime = Lifetimes.nanos(entry.lifetime(), Lifetimes.UNLIMITED);
        return new TrackedCopy<>(
                positioned(entry),
                time.nanoTime() - Lifetimes.nanos(entry.age(), 0),
                Math.min(lifetime, lifetimes.cap()),
                0,
                entry.tags());
    }

    /** Describes a copy for the remote tier, or a file. */
    RemoteTier.Entry<V> entry(Copy<V> copy) {
        Positioned<@Nullable V> placed = copy.answer();
        if (!(copy instanceof TrackedCopy<V> known)) {
            return entry(placed);
        }
        return new RemoteTier.Entry<>(
                known.value,
                placed.position(),
                placed.seen(),
                placed.read(),
                Duration.ofNanos(Math.max(0, time.nanoTime() - known.written)),
                known.lifetime == Lifetimes.UNLIMITED ? null : Duration.ofNanos(known.lifetime),
                known.tags);
    }

    // Before JDK 22 NullAway cannot read that Positioned's type parameter may be nullable.
    @SuppressWarnings("NullAway")
    private static <V> RemoteTier.Entry<V> entry(Positioned<@Nullable V> placed) {
        return new RemoteTier.Entry<>(
                placed.value(), placed.position(), placed.seen(), placed.read(), Duration.ZERO, null, List.of());
    }

    // As above.
    @SuppressWarnings("NullAway")
    private static <V> Positioned<@Nullable V> positioned(RemoteTier.Entry<V> entry) {
        return new Positioned<>(entry.value(), entry.position(), entry.seen(), entry.read());
    }

    // As above.
    @SuppressWarnings("NullAway")
    static <V> Positioned<@Nullable V> unplaced(@Nullable V value) {
        return Positioned.unplaced(value);
    }
}
