package dev.tenfold.coordination;

import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The contender's side of the algorithm that {@link Leases} describes.
 *
 * <p><b>Invariant:</b> {@code sighting} is the newest version this process has seen and a moment no earlier than when it
 * first saw it. <b>Writers:</b> any thread, by an update that keeps the first sighting of a version and never goes back to
 * an older one. <b>Readers:</b> any thread.
 */
final class RegisterLease implements Lease {

    private static final Sighting NOTHING = new Sighting(0, 0);

    private final VersionedRegister<LeaseState> register;
    private final TimeSource time;
    private final AtomicReference<Sighting> sighting = new AtomicReference<>(NOTHING);

    RegisterLease(VersionedRegister<LeaseState> register, TimeSource time) {
        this.register = register;
        this.time = time;
    }

    @Override
    public Optional<Grant> tryAcquire(String holder, Duration duration) {
        LeaseState wanted = new LeaseState(holder, 1, duration, 0, true);
        Optional<Versioned<LeaseState>> now = register.read();
        if (now.isPresent() && !isFree(now.get())) {
            return Optional.empty();
        }
        long version = now.map(Versioned::version).orElse(0L);
        long tokenBefore = now.map(state -> state.value().token()).orElse(0L);
        long asked = time.nanoTime();
        return register.compareAndSet(version, wanted.withToken(tokenBefore + 1))
                .map(taken -> new RegisterGrant(register, time, taken, asked));
    }

    private boolean isFree(Versioned<LeaseState> now) {
        if (!now.value().held()) {
            return true;
        }
        long nanos = time.nanoTime();
        Sighting first =
                sighting.updateAndGet(seen -> now.version() > seen.version ? new Sighting(now.version(), nanos) : seen);
        // A thread that read an older version than another has seen meanwhile lost its race already.
        return first.version == now.version()
                && nanos - first.nanos >= now.value().duration().toNanos();
    }

    private record Sighting(long version, long nanos) {}
}
