package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A register as one process reaches it: over the network, or not, with a poll in place of a watch. */
record ReachedRegister<V>(VersionedRegister<V> register, Network network, Clock clock, String process)
        implements VersionedRegister<V> {

    static final String PLACE = "register";
    private static final Duration POLL = Duration.ofMillis(150);

    private <R> R call(Supplier<R> body) {
        if (!network.cross(clock, process, PLACE)) {
            throw new UnavailableException("no route to the register", List.of(), null);
        }
        R result = body.get();
        if (!network.cross(clock, PLACE, process)) {
            throw new OutcomeUnknownException("the register's answer was lost", null);
        }
        return result;
    }

    @Override
    public Optional<Versioned<V>> read() {
        try {
            return call(register::read);
        } catch (OutcomeUnknownException lost) {
            throw new UnavailableException("the register does not answer", List.of(), lost);
        }
    }

    @Override
    public Optional<Versioned<V>> compareAndSet(long expectedVersion, V value) {
        return call(() -> register.compareAndSet(expectedVersion, value));
    }

    @Override
    public Watch watch(Consumer<? super Versioned<V>> listener) {
        AtomicBoolean over = new AtomicBoolean();
        poll(listener, over, 0);
        return () -> over.set(true);
    }

    private void poll(Consumer<? super Versioned<V>> listener, AtomicBoolean over, long known) {
        if (over.get()) {
            return;
        }
        Optional<Versioned<V>> found = network.carries(process, PLACE)
                ? register.read().filter(versioned -> versioned.version() > known)
                : Optional.empty();
        found.ifPresent(listener);
        long next = found.map(Versioned::version).orElse(known);
        var unused = clock.schedule(POLL.plusNanos(network.delay()), () -> poll(listener, over, next));
    }

    @Override
    public void close() {
        // shared with the other processes
    }

    @Override
    public String toString() {
        return register + " from " + process + " within " + Network.PATIENCE / MILLI + " ms";
    }
}
