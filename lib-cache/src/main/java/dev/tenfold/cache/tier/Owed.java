package dev.tenfold.cache.tier;

import dev.tenfold.cache.InvalidationBus.Message;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The invalidations that the server has not confirmed. As long as one may concern a key, the tier does not answer for it.
 * Bounded: beyond the maximum they become one invalidation of everything.
 *
 * <p>{@code any} is read without the lock, by every read of the tier: who put something there and then reads sees it, and
 * another thread's invalidation that is not over yet concerns nobody.
 */
final class Owed<K> {

    private final String cache;
    private final String origin;
    private final int maximum;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<K> keys = new LinkedHashSet<>();
    private final Set<String> tags = new LinkedHashSet<>();
    private final Set<String> prefixes = new LinkedHashSet<>();
    private boolean all;
    private long added;
    private volatile boolean any;

    Owed(String cache, String origin, int maximum) {
        this.cache = cache;
        this.origin = origin;
        this.maximum = maximum;
    }

    /**
     * What is owed, as of a moment.
     *
     * @param message what to drop
     * @param until how many additions it covers
     */
    record Debt<K>(Message<K> message, long until) {}

    void add(Message<K> message) {
        lock.lock();
        try {
            added++;
            keys.addAll(message.keys());
            tags.addAll(message.tags());
            prefixes.addAll(message.prefixes());
            all |= message.all();
            if (all || keys.size() + tags.size() + prefixes.size() > maximum) {
                all = true;
                keys.clear();
                tags.clear();
                prefixes.clear();
            }
            any = true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether something is owed that may concern a key. A tag's keys are not known here. */
    boolean concerns(K key) {
        if (!any) {
            return false;
        }
        lock.lock();
        try {
            return all || !tags.isEmpty() || !prefixes.isEmpty() || keys.contains(key);
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return all ? maximum : keys.size() + tags.size() + prefixes.size();
        } finally {
            lock.unlock();
        }
    }

    /** Returns what is owed, or null. */
    @Nullable
    Debt<K> debt() {
        lock.lock();
        try {
            return any
                    ? new Debt<>(
                            new Message<>(
                                    cache,
                                    origin,
                                    new ArrayList<>(keys),
                                    List.copyOf(tags),
                                    List.copyOf(prefixes),
                                    all),
                            added)
                    : null;
        } finally {
            lock.unlock();
        }
    }

    /** Takes off what was paid, unless something came meanwhile, which may be the same thing again: then all of it stays. */
    void paid(Debt<K> debt) {
        lock.lock();
        try {
            if (added == debt.until()) {
                keys.clear();
                tags.clear();
                prefixes.clear();
                all = false;
                any = false;
            }
        } finally {
            lock.unlock();
        }
    }
}
