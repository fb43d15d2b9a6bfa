package dev.tenfold.sharding.reshard;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.sharding.ShardMap;
import java.util.List;
import java.util.function.UnaryOperator;

/** Changes the shared map by compare-and-set, however often it takes. */
record MapEditor(VersionedRegister<ShardMap> register) {

    /** Each lost race means that somebody else got on, so many in a row mean that something is wrong. */
    private static final int ATTEMPTS = 1_000;

    ShardMap current() {
        return read().value();
    }

    /**
     * Changes the map.
     *
     * @param change makes the next map of the newest, or returns that to leave it, or throws to give up; called after the
     *     newest was read and before it is replaced, so what it checks elsewhere holds unless the replacing fails
     * @return the map now in force
     */
    @SuppressWarnings("ReferenceEquality") // the very map that was handed out says "leave it"
    ShardMap update(UnaryOperator<ShardMap> change) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Versioned<ShardMap> current = read();
            ShardMap next = change.apply(current.value());
            if (next == current.value()) {
                return next;
            }
            try {
                if (register.compareAndSet(current.version(), next).isPresent()) {
                    return next;
                }
            } catch (OutcomeUnknownException unknown) {
                // The next reading tells; a write still on its way loses against the next one or is this change itself.
                if (attempt == ATTEMPTS - 1) {
                    throw unknown;
                }
            }
        }
        throw new UnavailableException(
                "the shard map changed " + ATTEMPTS + " times while it was to be changed once", List.of(), null);
    }

    private Versioned<ShardMap> read() {
        return register.read()
                .orElseThrow(() -> new IllegalStateException(
                        "the register holds no shard map (expected: one; open a sharder on it first)"));
    }
}
