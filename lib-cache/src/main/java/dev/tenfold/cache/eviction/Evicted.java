package dev.tenfold.cache.eviction;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What was evicted under a lock, to be told when it has been released. */
final class Evicted<K, V> {

    private final K key;
    private final V value;
    private @Nullable Evicted<K, V> next;

    Evicted(K key, V value) {
        this.key = key;
        this.value = value;
    }

    /** In the order of eviction. */
    static final class Queue<K, V> {

        private @Nullable Evicted<K, V> first;
        private @Nullable Evicted<K, V> last;

        void add(K key, V value) {
            Evicted<K, V> evicted = new Evicted<>(key, value);
            if (last == null) {
                first = evicted;
            } else {
                last.next = evicted;
            }
            last = evicted;
        }

        @Nullable
        Evicted<K, V> takeAll() {
            Evicted<K, V> taken = first;
            if (taken != null) {
                first = null;
                last = null;
            }
            return taken;
        }
    }

    static <K, V> void tell(@Nullable Evicted<K, V> first, BiConsumer<? super K, ? super V> listener) {
        for (Evicted<K, V> each = first; each != null; each = each.next) {
            listener.accept(each.key, each.value);
        }
    }
}
