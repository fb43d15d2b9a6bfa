package dev.tenfold.sharding.join;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One run over original and copy. Not thread-safe. */
final class Rebuild<K, V> {

    private final CopyStore<K, V> store;
    /** The rows of the copy that the original did not show yet, and their versions. */
    private final Map<K, Long> missing = new HashMap<>();

    private long seen;
    private long renewed;
    private long deleted;

    Rebuild(CopyStore<K, V> store) {
        this.store = store;
    }

    void expect(K key, long version) {
        missing.put(key, version);
    }

    void renew(CopySource.Row<K, V> row) {
        boolean here = missing.remove(row.key()) != null;
        boolean older = store.put(row.key(), row.version(), row.value()) < row.version();
        if (row.value() != null) {
            seen++;
            renewed += older ? 1 : 0;
        } else {
            deleted += older && here ? 1 : 0;
        }
    }

    List<K> missing() {
        return List.copyOf(missing.keySet());
    }

    /** Deletes a row that the original has not, unless it was announced again since. */
    void delete(K key) {
        Long version = missing.get(key);
        deleted += version != null && store.delete(key, version) ? 1 : 0;
    }

    DenormalisedCopy.Rebuilt done() {
        return new DenormalisedCopy.Rebuilt(seen, renewed, deleted);
    }
}
