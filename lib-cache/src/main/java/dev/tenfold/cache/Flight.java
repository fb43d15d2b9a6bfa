package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.Scheduler;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One load under way, and what those who wait for it will get. {@link Flights} says who may touch which field. */
final class Flight<V> {

    /** Completed with what was loaded, or with the failure, after the flight has left the map. */
    final CompletableFuture<Positioned<@Nullable V>> landing = new CompletableFuture<>();

    /** What the load was asked to have seen. */
    final Position minimum;

    /** Runs the load now. Written by that thread alone; compared by others only with themselves, so a race is harmless. */
    @Nullable
    Thread pilot;

    /** Fails the landing when time is up. Written and read by whoever leads the flight. */
    Scheduler.@Nullable Task alarm;

    /** An older load of the same key that is still under way. */
    @Nullable
    Flight<V> beside;

    /** Whether an invalidation or a put came since the load began. */
    boolean overtaken;

    Flight(Position minimum) {
        this.minimum = minimum;
    }

    void disarm() {
        if (alarm != null) {
            alarm.cancel();
        }
    }
}
