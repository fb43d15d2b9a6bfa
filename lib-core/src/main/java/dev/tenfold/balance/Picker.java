package dev.tenfold.balance;

/**
 * A policy at work on one set of candidates.
 *
 * <p>Implementations are thread-safe, take no lock and allocate nothing.
 *
 * @param <T> the kind of target
 */
@FunctionalInterface
public interface Picker<T> {

    /**
     * Picks one of the candidates. The caller accounts for the call.
     *
     * @return who is to take the next call
     */
    Member<T> pick();

    /**
     * Picks one of the candidates for a key. Policies that place by key return the same candidate for the same hash as long as the
     * candidates are the same; all others pick as they always do.
     *
     * @param keyHash 64 well-mixed bits of the key, as a hash function makes them
     * @return who is to take the next call
     */
    default Member<T> pick(long keyHash) {
        return pick();
    }
}
