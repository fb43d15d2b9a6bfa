package dev.tenfold.coordination;

import java.time.Duration;
import java.util.Optional;

/**
 * The right to do something that only one of many processes may do at a time, for a limited time.
 *
 * <p>A lease alone cannot keep a paused holder from acting late: whatever it protects must compare the {@linkplain
 * Grant#token() fencing token}, which only grows, and refuse a lower one (M. Kleppmann, "How to do distributed locking",
 * 2016). Not reentrant: who holds it and asks again waits like anyone else. Thread-safe. {@link Leases} makes one over any
 * register.
 */
public interface Lease {

    /**
     * Tries to take the lease.
     *
     * @param holder who asks, for people to read; not empty
     * @param duration how long the grant lasts unless renewed, above zero and at most 365 days
     * @return the grant, or empty while another holds it
     * @throws IllegalArgumentException if the holder is empty or the duration out of range
     * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached; nothing was taken
     * @throws dev.tenfold.error.OutcomeUnknownException if the lease may have been taken and nobody knows; if it was, it
     *     lapses by itself after its duration
     */
    Optional<Grant> tryAcquire(String holder, Duration duration);

    /** A lease that was taken. Thread-safe. */
    interface Grant extends AutoCloseable {

        /**
         * Returns the fencing token: higher than that of every grant of this lease before.
         *
         * @return a number from 1
         */
        long token();

        /**
         * Says whether the grant still holds by this process's monotonic clock. It errs towards no. Takes no lock and
         * touches no storage.
         *
         * @return false once it expired, was released, or was lost
         */
        boolean isHeld();

        /**
         * Prolongs the grant by its duration from now. A grant that has expired is prolonged too while nobody else took
         * the lease: no other grant was in between.
         *
         * @return false if it was already lost to another or released; then {@link #isHeld} is false for good
         * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached; the grant lasts as long as it
         *     did before
         * @throws dev.tenfold.error.OutcomeUnknownException if the storage did not answer; the grant lasts as long as it
         *     did before, and the next renewal finds out
         */
        boolean renew();

        /**
         * Gives the lease up, so that the next holder need not wait for it to expire; closing twice, or after it was lost,
         * does nothing. Whatever is thrown, the grant is held no more.
         *
         * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached; the lease lapses by itself
         * @throws dev.tenfold.error.OutcomeUnknownException if the storage did not answer; the lease lapses by itself
         */
        @Override
        void close();
    }
}
