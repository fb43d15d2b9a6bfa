package dev.tenfold.cache.jcache;

import java.util.Collection;
import java.util.Comparator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread at a time work on a key, for as long as the user's loader, writer, processor or listener takes. Unlike a
 * map's {@code compute} it keeps no other key waiting, and work on a key may nest work on any.
 *
 * <p><b>Turns.</b> A key has a turn, a reentrant lock, while anyone has or wants it: {@code claims} counts them and is
 * changed only inside {@code turns.compute} of the key, so all who want a key at one time meet at one turn, and none is left
 * behind.
 *
 * <p><b>Several keys</b> are taken in the order of their hash codes, so two who take several never wait for each other. Keys
 * of one hash code have no order; who takes two such first takes {@code ties}.
 *
 * <p><b>Circles.</b> Nested work can close one. Every thread notes what it is about to wait for, then follows who has it,
 * what that thread waits for, and so on. A thread holds all it has taken while it waits, so the last one to close a circle
 * finds all of it, and is refused. What one pass read piece by piece need not have been true at any one time. But a thread
 * that waits for what this one holds can let go of nothing until this one has finished looking: so the first pass proves that
 * the last thread of the way is stuck, and each further pass that the one before it is. Two threads that close a circle at the
 * same moment may both be refused.
 */
final class Turns<K> {

    /** A circle of more threads than this is not found. */
    private static final int LONGEST_CIRCLE = 1_000;

    private final String cache;
    private final ConcurrentHashMap<K, Turn> turns = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Thread, Turn> waiting;
    private final Turn ties = new Turn("keys of one hash code");

    /**
     * Makes the turns of a cache.
     *
     * @param waits shared by the caches among which a circle shall be found
     */
    Turns(String cache, Waits waits) {
        this.cache = cache;
        waiting = waits.byThread;
    }

    /**
     * Works on a key, alone.
     *
     * @throws IllegalStateException if it waits, by way of others, for itself; nothing was done then
     */
    <T extends @Nullable Object> T with(K key, Supplier<T> work) {
        Turn turn = claim(key);
        try {
            enter(turn);
            try {
                return work.get();
            } finally {
                turn.unlock();
            }
        } finally {
            unclaim(key);
        }
    }

    /** Works on a key, alone, unless another thread does. */
    void ifFree(K key, Runnable work) {
        Turn turn = claim(key);
        try {
            if (turn.tryLock()) {
                try {
                    work.run();
                } finally {
                    turn.unlock();
                }
            }
        } finally {
            unclaim(key);
        }
    }

    /**
     * Works on several keys, alone.
     *
     * @throws IllegalStateException as above
     */
    @SuppressWarnings("unchecked") // an array of keys that nobody else sees
    <T extends @Nullable Object> T withAll(Collection<? extends K> keys, Supplier<T> work) {
        K[] ordered = (K[]) keys.stream()
                .distinct()
                .sorted(Comparator.comparingInt(Object::hashCode))
                .toArray();
        Turn[] taken = new Turn[ordered.length];
        int entered = 0;
        try {
            boolean tied = hasTies(ordered);
            if (tied) {
                enter(ties);
            }
            try {
                for (int i = 0; i < ordered.length; i++) {
                    taken[i] = claim(ordered[i]);
                    enter(taken[i]);
                    entered++;
                }
            } finally {
                if (tied) {
                    ties.unlock();
                }
            }
            return work.get();
        } finally {
            for (int i = 0; i < ordered.length && taken[i] != null; i++) {
                if (i < entered) {
                    taken[i].unlock();
                }
                unclaim(ordered[i]);
            }
        }
    }

    private static boolean hasTies(Object[] ordered) {
        for (int i = 1; i < ordered.length; i++) {
            if (ordered[i].hashCode() == ordered[i - 1].hashCode()) {
                return true;
            }
        }
        return false;
    }

    private Turn claim(K key) {
        return turns.compute(key, (k, there) -> {
            Turn turn = there == null ? new Turn(k) : there;
            turn.claims++;
            return turn;
        });
    }

    private void unclaim(K key) {
        turns.computeIfPresent(key, (k, turn) -> --turn.claims == 0 ? null : turn);
    }

    private void enter(Turn turn) {
        if (turn.tryLock()) {
            return;
        }
        Thread self = Thread.currentThread();
        waiting.put(self, turn);
        try {
            refuseCircle(self, turn);
            turn.lock();
        } finally {
            waiting.remove(self);
        }
    }

    private void refuseCircle(Thread self, Turn wanted) {
        int links = linksBackTo(self, wanted);
        for (int pass = 0; pass < links; pass++) {
            if (linksBackTo(self, wanted) == 0) {
                return;
            }
        }
        if (links > 0) {
            throw new IllegalStateException("cache '" + cache + "': waiting for the turn of " + wanted.subject
                    + " would close a circle of " + (links + 1) + " threads (expected: loaders, writers, processors and"
                    + " listeners that leave other keys alone, or take them in one order)");
        }
    }

    /** Returns how many threads wait for each other from a turn to this thread, or 0 if the way does not lead here. */
    private int linksBackTo(Thread self, Turn wanted) {
        Turn turn = wanted;
        for (int links = 1; links <= LONGEST_CIRCLE; links++) {
            Thread holder = turn.holder();
            if (holder == null) {
                return 0;
            }
            turn = waiting.get(holder);
            if (turn == null) {
                return 0;
            }
            if (turn.holder() == self) {
                return links;
            }
        }
        return 0;
    }

    /** For tests: how many keys have a turn. */
    int size() {
        return turns.size();
    }

    /** Who waits for what. */
    static final class Waits {
        private final ConcurrentHashMap<Thread, Turn> byThread = new ConcurrentHashMap<>();
    }

    private static final class Turn extends ReentrantLock {

        private static final long serialVersionUID = 1;

        final transient Object subject;

        /** Who has it or wants it. Guarded by the section of its key in {@code turns}. */
        transient int claims;

        Turn(Object subject) {
            this.subject = subject;
        }

        @Nullable
        Thread holder() {
            return getOwner();
        }
    }
}
