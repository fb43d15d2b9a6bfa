package dev.tenfold;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.session.Position;
import dev.tenfold.time.Deadline;

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

    /**
     * Returns the home of a key after the one {@link #locate} gave refused the call because it acted on an old topology.
     * A router that follows a shared topology refreshes first, waiting within the deadline for the change to finish.
     *
     * @param key the key
     * @param refused how the old home refused
     * @param deadline by when to have an answer
     * @return the home under a newer topology
     * @throws StaleEpochException the same, where there is nothing to refresh (the default)
     */
    default S relocate(K key, StaleEpochException refused, Deadline deadline) {
        throw refused;
    }

    /**
     * Returns the version of the topology in force, for sessions to carry: a key's home may be another under another version,
     * and then positions on the old home say nothing of the new one. Whoever meets a session that was routed by a later version
     * {@linkplain #relocate relocates} first; a session that was routed by an earlier one asks the primaries first.
     *
     * <p>That is enough as long as homes refuse, with {@link StaleEpochException}, whoever comes by a version older than the one
     * by which the key came to them, reads included: else a key that leaves and comes back is found by a map from before, and
     * the session does not learn that a process with a map from between must refresh.
     *
     * @return the topology's name, as the position's shard, and the version, as its offset, that answers of {@link #locate}
     *     given meanwhile are by; {@link Position#none()} (the default) where a key's home never changes
     */
    default Position topology() {
        return Position.none();
    }
}
