package dev.tenfold.queue;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Ids of messages, each for a while. Not thread-safe. Adding drops what is over, so the cost is even. */
final class RecentIds {

    private final long window;
    private final Map<String, Long> until = new LinkedHashMap<>();

    RecentIds(long windowNanos) {
        this.window = windowNanos;
    }

    boolean knows(String id, long now) {
        Long end = until.get(id);
        return end != null && end - now > 0;
    }

    void add(String id, long now) {
        until.remove(id);
        until.put(id, now + window);
        Iterator<Long> ends = until.values().iterator();
        while (ends.hasNext() && (ends.next() - now <= 0 || until.size() > QueueOptions.MAX_REMEMBERED_IDS)) {
            ends.remove();
        }
    }

    void forget(String id) {
        until.remove(id);
    }
}
