package dev.tenfold.sharding.reshard;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Changes a shared value by compare-and-set, however often it takes.
 *
 * @param <V> the kind of value
 */
record RegisterEditor<V>(VersionedRegister<V> register, String what) {

    /** Each lost race means that somebody else got on, so many in a row mean that something is wrong. */
    private static final int ATTEMPTS = 1_000;

    V current() {
        return read().value();
    }

    Versioned<V> read() {
        return register.read()
                .orElseThrow(() -> new IllegalStateException("the register holds no " + what
                        + " (expected: one; open a sharder on it, or begin a plan, first)"));
    }

    /**
     * Changes the value.
     *
     * @param change makes the next value of the newest, or returns that very object to leave it, or throws to give up; called
     *     after the newest was read and before it is replaced, so what it checks elsewhere holds unless the replacing fails
     * @return the value now in force
     */
    @SuppressWarnings("ReferenceEquality") // the very value that was handed out says "leave it"
    V update(UnaryOperator<V> change) {
        @Nullable V sent = null;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Versioned<V> current = read();
            if (sent != null && current.value().equals(sent)) {
                return sent;
            }
            V next = change.apply(current.value());
            if (next == current.value()) {
                return next;
            }
            try {
                Optional<Versioned<V>> set = register.compareAndSet(current.version(), next);
                if (set.isPresent()) {
                    return next;
                }
            } catch (OutcomeUnknownException unknown) {
                // The next reading tells; a write still on its way loses against the next one or is this change itself.
                sent = next;
                if (attempt == ATTEMPTS) {
                    throw unknown;
                }
            }
        }
        throw new UnavailableException(
                "the " + what + " changed " + ATTEMPTS + " times while it was to be changed once", List.of(), null);
    }
}
