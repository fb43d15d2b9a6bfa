package dev.tenfold.cache.eviction;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Caffeine as a table. Without a weigher and without pins it is a plain Caffeine cache of a maximum size and adds nothing
 * to a read.
 *
 * <p><b>Pins.</b> Caffeine never evicts what weighs nothing. So a pinned entry weighs 0 to Caffeine, and Caffeine's bound is
 * the maximum less the pinned weight. Pinning, and writing while anything is pinned, happens under {@link #pinning}.
 *
 * <p><b>Listener.</b> Caffeine tells of evictions under its locks; they wait in {@link #evicted} and are told by whoever
 * ran Caffeine's upkeep, after it, or by the next write.
 *
 * <p><b>Overshoot.</b> Caffeine evicts after the write, in its executor: it is over the bound by what was written since,
 * at most some hundred entries before it makes writers wait.
 */
final class CaffeineTable<K, V> implements BoundedTable<K, V> {

    private final TableSettings<K, V> settings;
    private final Cache<K, V> cache;
    private final ConcurrentMap<K, V> map;
    private final Policy<K, V> policy;
    private final Policy.Eviction<K, V> bound;
    private final Queue<Map.Entry<K, V>> evicted = new ConcurrentLinkedQueue<>();

    private @Nullable Upkeep upkeep; // any thread's, since each has only final fields

    private final ReentrantLock pinning = new ReentrantLock();
    private final ConcurrentHashMap<K, Integer> pins = new ConcurrentHashMap<>(); // written under pinning
    private volatile long pinned; // written under pinning
    private volatile long maximum; // written under pinning

    CaffeineTable(TableSettings<K, V> settings) {
        this.settings = settings;
        Caffeine<Object, Object> caffeine = Caffeine.newBuilder();
        Executor given = settings.upkeep();
        if (settings.onEviction() != null) {
            Executor executor = given == null ? Runnable::run : given;
            caffeine.executor(task -> executor.execute(telling(task)));
        } else if (given != null) {
            caffeine.executor(given);
        }
        cache = build(caffeine);
        map = cache.asMap();
        policy = cache.policy();
        bound = policy.eviction().orElseThrow();
        maximum = settings.maximum();
    }

    /** Caffeine has one task, which hits hand to the executor again and again. */
    private Upkeep telling(Runnable task) {
        Upkeep known = upkeep;
        if (known == null || known.task != task) {
            known = new Upkeep(task);
            upkeep = known;
        }
        return known;
    }

    private Cache<K, V> build(Caffeine<Object, Object> caffeine) {
        if (settings.onEviction() != null) {
            caffeine.evictionListener((@Nullable K key, @Nullable V value, RemovalCause cause) ->
                    evicted.add(Map.entry(Objects.requireNonNull(key), Objects.requireNonNull(value))));
        }
        if (settings.weigher() == null && settings.pinLimit() == 0) {
            return caffeine.maximumSize(settings.maximum()).build();
        }
        return caffeine.maximumWeight(settings.maximum())
                .weigher((K key, V value) -> pins.containsKey(key) ? 0 : settings.weigh(key, value))
                .build();
    }

    @Override
    public @Nullable V get(K key) {
        return map.get(key); // the same, one step nearer
    }

    @Override
    public @Nullable V peek(K key) {
        return policy.getIfPresentQuietly(key);
    }

    @Override
    public @Nullable V put(K key, V value) {
        V old = map.put(key, value);
        written(key);
        return old;
    }

    @Override
    public @Nullable V putIfAbsent(K key, V value) {
        V old = map.putIfAbsent(key, value);
        written(key);
        return old;
    }

    @Override
    public boolean replace(K key, V expected, V value) {
        Objects.requireNonNull(expected, "expected");
        boolean[] done = new boolean[1];
        if (map.get(key) == expected) {
            map.computeIfPresent(key, (k, there) -> {
                done[0] = there == expected;
                return done[0] ? value : there;
            });
            written(key);
        }
        return done[0];
    }

    @Override
    public @Nullable V remove(K key) {
        V old = map.remove(key);
        written(key);
        return old;
    }

    @Override
    public boolean remove(K key, V expected) {
        Objects.requireNonNull(expected, "expected");
        boolean[] done = new boolean[1];
        map.computeIfPresent(key, (k, there) -> {
            done[0] = there == expected;
            return done[0] ? null : there;
        });
        written(key);
        return done[0];
    }

    @Override
    public void clear() {
        cache.invalidateAll();
        pins.keySet().forEach(this::settle);
        tell();
    }

    @Override
    public long size() {
        return cache.estimatedSize();
    }

    @Override
    public long weight() {
        return bound.isWeighted() ? bound.weightedSize().orElse(0) + pinned : cache.estimatedSize();
    }

    @Override
    public long maximum() {
        return maximum;
    }

    @Override
    public void setMaximum(long maximum) {
        if (maximum < 0) {
            throw new IllegalArgumentException("maximum: " + maximum + " (expected: >= 0)");
        }
        pinning.lock();
        try {
            this.maximum = maximum;
            rebound();
        } finally {
            pinning.unlock();
        }
        cleanUp();
    }

    @Override
    public boolean pin(K key) {
        pinning.lock();
        try {
            V value = map.get(key);
            if (value == null || pins.containsKey(key)) {
                return value != null;
            }
            int weight = settings.weigh(key, value);
            if (pinned + weight > settings.pinLimit()) {
                throw settings.noRoomToPin(key, pinned, weight);
            }
            pins.put(key, weight);
            pinned(weight);
            // In this order, so that nothing is evicted for a moment's sake: first it weighs nothing, then there is
            // less room.
            map.computeIfPresent(key, (k, there) -> there);
            settle(key);
            rebound();
            return pins.containsKey(key);
        } finally {
            pinning.unlock();
            tell();
        }
    }

    @Override
    public boolean unpin(K key) {
        pinning.lock();
        try {
            return release(key);
        } finally {
            pinning.unlock();
            tell();
        }
    }

    @Override
    public void forEach(BiConsumer<? super K, ? super V> action) {
        map.forEach(action);
    }

    @Override
    public List<K> evictionOrder() {
        Set<K> coldestFirst = bound.coldest(Integer.MAX_VALUE).keySet();
        List<K> keys = new ArrayList<>(coldestFirst);
        keys.removeIf(pins::containsKey);
        coldestFirst.stream().filter(pins::containsKey).forEach(keys::add);
        return keys;
    }

    @Override
    public void cleanUp() {
        cache.cleanUp();
        tell();
    }

    private void written(K key) {
        if (pinned > 0) {
            settle(key);
        }
        tell();
    }

    /** Brings a pin in line with what has become of its entry. */
    private void settle(K key) {
        pinning.lock();
        try {
            Integer before = pins.get(key);
            if (before == null) {
                return;
            }
            V value = policy.getIfPresentQuietly(key);
            if (value == null) {
                release(key);
                return;
            }
            int weight = settings.weigh(key, value);
            if (weight != before) {
                pins.put(key, weight);
                pinned(weight - before);
                if (pinned > settings.pinLimit()) {
                    release(key);
                } else {
                    rebound();
                }
            }
        } finally {
            pinning.unlock();
        }
    }

    private boolean release(K key) {
        Integer weight = pins.remove(key);
        if (weight == null) {
            return false;
        }
        pinned(-weight);
        rebound();
        map.computeIfPresent(key, (k, there) -> there);
        return true;
    }

    private void pinned(int more) {
        long before = pinned;
        pinned = before + more;
    }

    private void rebound() {
        bound.setMaximum(Math.max(0, maximum - pinned));
    }

    private void tell() {
        BiConsumer<? super K, ? super V> listener = settings.onEviction();
        if (listener == null || evicted.isEmpty()) {
            return;
        }
        for (Map.Entry<K, V> each = evicted.poll(); each != null; each = evicted.poll()) {
            listener.accept(each.getKey(), each.getValue());
        }
    }

    /**
     * Caffeine's upkeep, then {@link #tell}. As Caffeine's own task, it can be run again as soon as it is given to an
     * executor again, and a fork-join pool takes it as it is, without a new object around it.
     */
    private final class Upkeep extends ForkJoinTask<@Nullable Void> implements Runnable {

        private static final long serialVersionUID = 1;

        final transient Runnable task;

        Upkeep(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            try {
                task.run();
            } finally {
                tell();
            }
        }

        /** Never completes, or it could not be run again. */
        @Override
        protected boolean exec() {
            try {
                run();
            } catch (RuntimeException | Error failure) {
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
            }
            return false;
        }

        @Override
        public @Nullable Void getRawResult() {
            return null;
        }

        @Override
        protected void setRawResult(@Nullable Void result) {}
    }
}
