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
}
