package dev.tenfold.sharding.reshard;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.util.Optional;
import java.util.function.Consumer;

/** A register as one coordinator reaches it: writes are lost, executed late, or have an outcome nobody knows. */
record SimulatedRegister<V>(Simulation world, VersionedRegister<V> register) implements VersionedRegister<V> {

    @Override
    public Optional<Versioned<V>> read() {
        return world.call(register::read, false);
    }

    @Override
    public Optional<Versioned<V>> compareAndSet(long expectedVersion, V value) {
        try {
            return world.call(() -> register.compareAndSet(expectedVersion, value), true);
        } catch (UnavailableException lost) {
            // The simulation does not say which of the two it was, so this must not either.
            throw new OutcomeUnknownException("compare-and-set", lost);
        }
    }

    @Override
    public Watch watch(Consumer<? super Versioned<V>> listener) {
        return register.watch(listener);
    }

    @Override
    public void close() {}
}
