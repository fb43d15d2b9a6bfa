package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.time.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One load under way, and what those who wait for it will get. {@link Flights} says who may touch which field. */
final class Flight<K, V> {

    /** Completed with what was loaded, or with the failure, after the flight has left the map. */
    final CompletableFuture<Copy<V>> landing = new CompletableFuture<>();

    final K key;

    /** What the load was asked to have seen. */
    final Position minimum;

    /** The copy that is loaded anew and does not count as an answer, or null. */
    final @Nullable Copy<V> renewed;

    /** Runs the load now. Written by that thread alone. */
    volatile @Nullable Thread pilot;

    /** Fails the landing when time is up. Written and read by whoever leads the flight. */
    Scheduler.@Nullable Task alarm;

    /** An older load of the same key that is still under way. */
    @Nullable
    Flight<K, V> beside;

    /** Whether an invalidation or a put came since the load began. */
    boolean overtaken;

    /** Tags invalidated since the load began; which tags it will have is not known before it lands. */
    @Nullable
    List<String> suspects;

    Flight(K key, Position minimum) {
        this(key, minimum, null);
    }

    Flight(K key, Position minimum, @Nullable Copy<V> renewed) {
        this.key = key;
        this.minimum = minimum;
        this.renewed = renewed;
    }

    void suspect(String tag) {
        if (suspects == null) {
            suspects = new ArrayList<>(1);
        }
        if (!suspects.contains(tag)) {
            suspects.add(tag);
        }
    }

    boolean mayKeep(Copy<V> copy) {
        if (overtaken) {
            return false;
        }
        return suspects == null
                || !(copy instanceof TrackedCopy<V> tracked)
                || suspects.stream().noneMatch(tracked.tags::contains);
    }

    void disarm() {
        if (alarm != null) {
            alarm.cancel();
        }
    }
}
