package dev.tenfold.coordination;

import java.time.Duration;
import java.util.Optional;

/**
 * The right to do something that only one of many processes may do at a time, for a limited time.
 *
 * <p>A lease alone cannot keep a paused holder from acting late: whatever it protects must compare the {@linkplain
 * Grant#token() fencing token}, which only grows, and refuse a lower one (M. Kleppmann, "How to do distributed locking",
 * 2016). Thread-safe.
 */
public interface Lease {

    /**
     * Tries to take the lease.
     *
     * @param holder who asks, for people to read
     * @param duration how long the grant lasts unless renewed
     * @return the grant, or empty while another holds it
     * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached
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
         * Says whether the grant still holds by this process's monotonic clock. It errs towards no.
         *
         * @return false once it expired, was released, or was lost
         */
        boolean isHeld();

        /**
         * Prolongs the grant by its duration from now.
         *
         * @return false if it was already lost to another or released; then {@link #isHeld} is false for good
         * @throws dev.tenfold.error.UnavailableException if the storage cannot be reached; the grant lasts as long as it
         *     did before
         */
        boolean renew();

        /** Gives the lease up, so that the next holder need not wait for it to expire; closing twice does nothing. */
        @Override
        void close();
    }
}
