package dev.tenfold.coordination;

import dev.tenfold.topology.SnapshotCell.Watch;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One named value that many processes share, changed only by compare-and-set on its version.
 *
 * <p>Linearizable: every operation takes effect at one instant between its call and its return, in all processes that
 * share the register. Thread-safe. Operations may block on storage; none holds a lock a reader of the cached value needs.
 * {@link Registers} makes them.
 *
 * @param <V> the kind of value, immutable
 */
public interface VersionedRegister<V> extends AutoCloseable {

    /**
     * A value and its version.
     *
     * @param <V> the kind of value
     * @param version from 1, one more with each change
     * @param value the value
     */
    record Versioned<V>(long version, V value) {}

    /**
     * Reads the newest value from the storage itself.
     *
     * @return the value and its version, or empty before the first write
     * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached
     * @throws dev.tenfold.error.CorruptDataException if what is stored is not what was written, or is older than what
     *     this register has seen
     * @throws IllegalStateException if the register was closed
     */
    Optional<Versioned<V>> read();

    /**
     * Writes a value if the register still stands at a version.
     *
     * @param expectedVersion the version last read; 0 where nothing was written yet
     * @param value the new value
     * @return the new version ({@code expectedVersion + 1}), or empty if another writer was faster and nothing changed
     * @throws IllegalArgumentException if the version is negative
     * @throws dev.tenfold.error.OutcomeUnknownException if the write was sent and its outcome is not known; {@link #read}
     *     tells
     * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached; nothing changed
     * @throws dev.tenfold.error.CorruptDataException if what is stored is not what was written; nothing changed
     * @throws IllegalStateException if the register was closed
     */
    Optional<Versioned<V>> compareAndSet(long expectedVersion, V value);

    /**
     * Watches for changes by any process. The listener is told the current value, if any, and then newer ones in rising
     * order of version; it may miss versions that were overtaken, never the last. How soon depends on the storage: at
     * once for changes through this object, within the poll interval for others.
     *
     * @param listener whom to tell; quick, and not calling back into the register. What it throws is kept from the writer
     *     and from the other listeners
     * @return stops the watching when closed
     * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached; nothing is watched
     * @throws dev.tenfold.error.CorruptDataException if what is stored is not what was written; nothing is watched
     * @throws IllegalStateException if the register was closed, or was built without what watching needs
     */
    Watch watch(Consumer<? super Versioned<V>> listener);

    /**
     * Stops watching and frees what the register holds; the value stays in the storage. Every other method fails from then
     * on; closing twice does nothing.
     */
    @Override
    void close();
}
