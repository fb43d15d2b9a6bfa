package dev.tenfold.coordination;

import org.jspecify.annotations.Nullable;

/** Where a {@link StoredRegister} keeps its bytes. Thread-safe; nothing is opened before the first call. */
interface Storage {

    /** The bytes of one version. */
    @SuppressWarnings("ArrayRecordComponent") // handed over and decoded, never compared
    record Stored(long version, byte[] bytes) {}

    /**
     * Reads the newest bytes, or null before the first write. They are durable once returned.
     *
     * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached
     * @throws dev.tenfold.error.CorruptDataException if it holds something else than was written
     */
    @Nullable
    Stored load();

    /**
     * Replaces version {@code expected} (0 where there is none) by {@code expected + 1}, durably; false if the storage
     * stands at another version, and nothing changed.
     *
     * @throws dev.tenfold.error.OutcomeUnknownException if the write was sent and may have happened
     * @throws dev.tenfold.error.UnavailableException if it has not happened
     * @throws dev.tenfold.error.CorruptDataException if the storage holds something else than was written
     */
    boolean replace(long expected, byte[] bytes);
}
