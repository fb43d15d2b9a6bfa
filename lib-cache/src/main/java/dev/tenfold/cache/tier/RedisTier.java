package dev.tenfold.cache.tier;

import dev.tenfold.Codec;
import dev.tenfold.cache.InvalidationBus;
import dev.tenfold.cache.InvalidationBus.Message;
import dev.tenfold.cache.RemoteTier;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import io.lettuce.core.RedisURI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Copies on Redis, shared by all nodes of an application, and a bus between their caches over the same connection.
 *
 * <pre>{@code
 * RedisTier<Long, User> redis = RedisTier.<Long, User>builder("users", KEYS, JSON).connect("redis://localhost:6379");
 * Cache<Long, User> users = Cache.<Long, User>builder("users")
 *         .expireAfterWrite(ofMinutes(10))
 *         .remote(redis).bus(redis.bus())
 *         .build(id -> repository.find(id));
 * }</pre>
 *
 * <ul>
 *   <li>A load fills Redis only under the lease its miss was given; a put or invalidation of the key, its tags, its prefix or
 *       everything, by any node, makes the lease void. So a slow reader never overwrites what is newer.
 *   <li>Of the nodes that miss a key together one loads, and the others wait for it for a moment.
 *   <li>Redis tells every node which entries others changed (client tracking, RESP3), and who invalidates tells them besides
 *       (publish and subscribe), so a change that Redis has no entry for is heard as well.
 *   <li><b>How old another node's copy can be:</b> as long as a message is under way, usually well below a millisecond; after
 *       the connection broke silently, at most the heartbeat and the timeout, by default 750 ms; then the cache drops its
 *       copies and keeps new ones only for as long as it was told to, until it hears again. A node that cannot reach Redis
 *       cannot tell the others of its own changes until it can: they then hear of them within a heartbeat.
 *   <li><b>Where Redis is down</b> everything fails at once and costs nothing, and the cache goes to its loader. What Redis
 *       could not be told is remembered, and carried out before anything else once it is back.
 * </ul>
 *
 * <p>Redis may evict what it likes: where the record of a cache's invalidations is gone, all its entries count as dropped.
 * What Redis loses as it fails over to a replica is lost, invalidations too; then the entries' lifetime is the bound.
 *
 * <p>Each call is one round trip; a hit carries one entry. Thread-safe. Has one connection and Lettuce's threads.
 *
 * @param <K> the kind of key; its text ({@code String.valueOf}) is what prefixes are compared with
 * @param <V> the kind of value
 */
public final class RedisTier<K, V> implements RemoteTier<K, V>, Measured, AutoCloseable {

    private final String cache;
    private final RedisLink link;
    private final RedisBus<K> bus;
    private final RedisEntries<K, V> entries;

    RedisTier(RedisTierBuilder<K, V> builder, RedisURI uri) {
        cache = builder.cache;
        TierKeys names = new TierKeys(cache);
        entries = new RedisEntries<>(builder, names);
        bus = new RedisBus<>(builder, names, entries);
        link = new RedisLink(uri, builder, names, bus);
        entries.over(link);
        bus.over(link);
    }

    /**
     * Starts describing a tier.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param cache the cache's name: caches of one name share their entries
     * @param keys keys as bytes, the same for equal keys
     * @param values values as bytes; a value of an older version that cannot be read counts as missing and is replaced
     * @return a builder with the defaults
     */
    public static <K, V> RedisTierBuilder<K, V> builder(String cache, Codec<K> keys, Codec<V> values) {
        return new RedisTierBuilder<>(cache, keys, values);
    }

    CompletionStage<Boolean> begin() {
        return link.begin();
    }

    /**
     * Returns the bus to the other nodes.
     *
     * @return the tier's bus; ends with the tier
     */
    public InvalidationBus<K> bus() {
        return bus;
    }

    /**
     * Says whether Redis answers.
     *
     * @return whether the connection is up, as far as the last heartbeat knows
     */
    public boolean isConnected() {
        return link.isLive();
    }

    @Override
    public CompletionStage<Reading<V>> get(K key) {
        return entries.get(key);
    }

    @Override
    public CompletionStage<Boolean> fill(K key, long lease, Entry<V> entry) {
        return entries.fill(key, lease, entry);
    }

    @Override
    public CompletionStage<?> put(K key, Entry<V> entry) {
        return entries.put(key, entry);
    }

    @Override
    public CompletionStage<?> invalidate(Message<K> what) {
        return entries.invalidate(what);
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("cache", cache);
        return List.of(
                Measurement.gauge(
                        "tenfold.cache.tier.connected", "1", "1 if Redis answers", tags, () -> link.isLive() ? 1 : 0),
                Measurement.gauge(
                        "tenfold.cache.tier.in.flight", "commands", "Commands under way", tags, link::inFlight),
                Measurement.gauge(
                        "tenfold.cache.tier.owed",
                        "invalidations",
                        "Invalidations Redis has not confirmed",
                        tags,
                        entries::owed),
                Measurement.counter(
                        "tenfold.cache.tier.interruptions",
                        "How often the connection was lost",
                        tags,
                        link.interruptions::sum),
                Measurement.counter(
                        "tenfold.cache.tier.refused",
                        "Commands not sent: no connection, or too many under way",
                        tags,
                        link.refused::sum),
                Measurement.counter(
                        "tenfold.cache.tier.unreadable",
                        "Entries that could not be decoded",
                        tags,
                        entries.unreadable::sum));
    }

    /** Ends the connection and Lettuce's threads; every later call fails. Closing twice does nothing. */
    @Override
    public void close() {
        link.close();
    }

    @Override
    public String toString() {
        return "RedisTier[" + cache + ", " + (link.isLive() ? "connected" : "not connected") + "]";
    }
}
