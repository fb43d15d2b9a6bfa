package dev.tenfold;

/**
 * Finds the home of a key: the shard that holds it, the data centre nearest to a client. A sharder and a geographic
 * router are locators; {@code key -> onlyHome} is one too.
 *
 * @param <K> the kind of key
 * @param <S> the kind of home
 */
@FunctionalInterface
public interface Locator<K, S> {

    /**
     * Returns the home of a key under the topology in force now.
     *
     * @param key the key
     * @return its home
     * @throws dev.tenfold.error.UnavailableException if no home can take it now
     */
    S locate(K key);
}
