package dev.tenfold.cache;

import dev.tenfold.Codec;
import dev.tenfold.session.Position;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A second store of copies, shared by several nodes, that a cache asks before its loader and fills after a load.
 *
 * <p><b>How a slow reader is kept from overwriting a newer value.</b> A miss hands out a lease, and {@link #fill} keeps a
 * value only under a lease that is still good: no {@link #put} and no {@link #invalidate} of the key, its tags, its prefix
 * or everything has come since the lease was handed out (R. Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013).
 * The tier compares and keeps in one atomic step.
 *
 * <p><b>When the tier is out of reach</b> its stages complete exceptionally, and soon: the cache then goes to its loader and
 * keeps what it loaded itself. An invalidation that failed must not be forgotten: until the tier has carried it out, it
 * answers a read of what was invalidated with a miss and no lease.
 *
 * <p>Implementations are thread-safe and never block their callers. What they throw counts as a stage that failed.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public interface RemoteTier<K, V> {

    /** The lease that keeps nothing: whoever reads may load, but must not fill. */
    long NO_LEASE = 0;

    /**
     * Reads the entry of a key.
     *
     * @param key the key
     * @return what is held, or a lease to fill it
     */
    CompletionStage<Reading<V>> get(K key);

    /**
     * Keeps what was loaded after a read, if the lease is still good.
     *
     * @param key the key
     * @param lease what the read handed out; {@link #NO_LEASE} keeps nothing
     * @param entry what was loaded
     * @return whether it was kept
     */
    CompletionStage<Boolean> fill(K key, long lease, Entry<V> entry);

    /**
     * Keeps a value whatever was held, and makes every lease of the key void.
     *
     * @param key the key
     * @param entry the value
     * @return completes when no read that begins later is answered with an older value
     */
    CompletionStage<?> put(K key, Entry<V> entry);

    /**
     * Drops entries and makes their leases void.
     *
     * @param what the keys, tags and prefixes to drop
     * @return completes when no read that begins later is answered with what was dropped
     */
    CompletionStage<?> invalidate(InvalidationBus.Message<K> what);

    /**
     * The answer to a read.
     *
     * @param <V> the kind of value
     * @param entry what is held, or null
     * @param lease what {@link #fill} must present; given with an entry too, for a reader whom the entry is too old for
     */
    record Reading<V>(@Nullable Entry<V> entry, long lease) {}

    /**
     * A copy on its way to or from the tier.
     *
     * @param <V> the kind of value
     * @param value the value; null says that there is none
     * @param position what the value has certainly seen
     * @param seen how far the value may have seen at most
     * @param read which read found it, as {@link dev.tenfold.session.Positioned#read}; 0 where it is not known
     * @param age how long ago it was read from where it lives; grows while the tier holds it
     * @param lifetime for how long after it was read it is fresh; null without limit. It is the same in every tier, so
     *     that tiers never add up
     * @param tags what it can be dropped by
     */
    record Entry<V>(
            @Nullable V value,
            Position position,
            Position seen,
            long read,
            Duration age,
            @Nullable Duration lifetime,
            List<String> tags) {

        /** Copies {@code tags}. */
        public Entry {
            tags = List.copyOf(tags);
        }

        /**
         * Makes a copy of a read without a name.
         *
         * @param value the value; null says that there is none
         * @param position what the value has certainly seen
         * @param seen how far the value may have seen at most
         * @param age how long ago it was read
         * @param lifetime for how long after it was read it is fresh; null without limit
         * @param tags what it can be dropped by
         */
        public Entry(
                @Nullable V value,
                Position position,
                Position seen,
                Duration age,
                @Nullable Duration lifetime,
                List<String> tags) {
            this(value, position, seen, 0, age, lifetime, tags);
        }

        /**
         * Writes everything but the age, for a tier outside the process.
         *
         * @param values writes the value
         * @return its bytes
         */
        public byte[] encode(Codec<V> values) {
            return EntryFormat.encode(this, values);
        }

        /**
         * Reads what {@link #encode} wrote.
         *
         * @param <V> the kind of value
         * @param bytes what was written
         * @param age how old it is by now
         * @param values reads the value
         * @return the entry
         * @throws IllegalArgumentException if the bytes cannot be read by this version or codec
         */
        public static <V> Entry<V> decode(byte[] bytes, Duration age, Codec<V> values) {
            return EntryFormat.decode(bytes, age, values);
        }
    }
}
