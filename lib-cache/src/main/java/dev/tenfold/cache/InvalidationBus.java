package dev.tenfold.cache;

import dev.tenfold.Codec;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Tells the caches of other nodes what changed. A cache given a bus publishes each of its invalidations and puts, and
 * drops what others publish.
 *
 * <p>How old another node's copy can be: as long as a message is under way, and after a message was lost until the
 * subscriber is told of it. A transport that can lose messages must therefore tell its subscribers ({@link
 * Subscriber#interrupted}) as soon as it no longer knows that it hears everything.
 *
 * <p>Implementations are thread-safe. They deliver the messages of one publisher in the order it published them, at least
 * once; a cache ignores its own.
 *
 * @param <K> the kind of key
 */
public interface InvalidationBus<K> {

    /**
     * Publishes what changed.
     *
     * @param message what changed
     * @return completes when the message will reach every subscriber that is connected; exceptionally when it may not, in
     *     which case the transport sees to it that the subscribers are interrupted
     */
    CompletionStage<?> publish(Message<K> message);

    /**
     * Hears what others publish, from the moment this returns until it is closed.
     *
     * @param subscriber hears; called by one thread at a time, must not block
     * @return ends the subscription
     */
    Subscription subscribe(Subscriber<K> subscriber);

    /**
     * Makes a bus between the caches of this process. Messages are delivered on the publishing thread, before {@code
     * publish} returns.
     *
     * @param <K> the kind of key
     * @return a new bus
     */
    static <K> InvalidationBus<K> inProcess() {
        return new InProcessBus<>();
    }

    /**
     * Makes a bus over any transport that can publish and subscribe, such as an exchange with one queue a node.
     *
     * @param <K> the kind of key
     * @param publish takes a message
     * @param subscribe begins to hand messages over
     * @return a bus over both
     */
    static <K> InvalidationBus<K> over(
            Function<? super Message<K>, ? extends CompletionStage<?>> publish,
            Function<? super Subscriber<K>, ? extends Subscription> subscribe) {
        return new InvalidationBus<>() {
            @Override
            public CompletionStage<?> publish(Message<K> message) {
                return publish.apply(message);
            }

            @Override
            public Subscription subscribe(Subscriber<K> subscriber) {
                return subscribe.apply(subscriber);
            }
        };
    }

    /**
     * Hears what other nodes changed.
     *
     * @param <K> the kind of key
     */
    interface Subscriber<K> {

        /**
         * Takes a message.
         *
         * @param message what changed
         */
        void received(Message<K> message);

        /** Messages may have been lost, or may be from now on: what was heard before no longer vouches for any copy. */
        void interrupted();

        /** From now on every message is heard again. Called after {@link #interrupted}. */
        void resumed();
    }

    /** A subscription that can be ended. */
    @FunctionalInterface
    interface Subscription extends AutoCloseable {

        /** Ends it; no message is delivered after this returns, except one that is being delivered. */
        @Override
        void close();
    }

    /**
     * What changed. Immutable; any of the parts may be empty.
     *
     * @param <K> the kind of key
     * @param cache the name of the cache; caches of one name on different nodes hold copies of the same things
     * @param origin which instance of the cache it comes from
     * @param keys the keys that changed
     * @param tags the tags whose entries changed
     * @param prefixes the beginnings of keys, as text, whose entries changed
     * @param all whether everything changed
     */
    record Message<K>(
            String cache, String origin, List<K> keys, List<String> tags, List<String> prefixes, boolean all) {

        /** Copies the lists. */
        public Message {
            keys = List.copyOf(keys);
            tags = List.copyOf(tags);
            prefixes = List.copyOf(prefixes);
        }

        /**
         * Writes everything but the cache's name, which a transport has in the name of a channel or a routing key.
         *
         * @param codec writes the keys
         * @return its bytes
         */
        public byte[] encode(Codec<K> codec) {
            return EntryFormat.encode(this, codec);
        }

        /**
         * Reads what {@link #encode} wrote.
         *
         * @param <K> the kind of key
         * @param bytes what was written
         * @param cache the cache's name
         * @param codec reads the keys
         * @return the message
         * @throws IllegalArgumentException if the bytes cannot be read by this version or codec
         */
        public static <K> Message<K> decode(byte[] bytes, String cache, Codec<K> codec) {
            return EntryFormat.decode(bytes, cache, codec);
        }
    }
}
