package dev.tenfold.queue;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.log.QueueLog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A log in memory that several brokers may have, one after the other. It checks what the broker promises it. */
final class FakeLog implements QueueLog {

    private final Map<String, byte[]> definitions = new LinkedHashMap<>();
    private final TreeMap<Long, Copy> copies = new TreeMap<>();
    private final List<CompletableFuture<Void>> unconfirmed = new ArrayList<>();
    private long lastId;

    /** Whether the disk is slow: nothing is confirmed before {@link #flush}. */
    boolean slow;

    boolean full;

    private record Copy(String queue, byte[] content, int failures, int deliveries, long due) {}

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public void replay(Replay into) {
        definitions.forEach(into::definition);
        copies.forEach((id, copy) -> into.copy(id, copy.queue, copy.content, copy.failures, copy.deliveries, copy.due));
    }

    @Override
    public long lastId() {
        return lastId;
    }

    @Override
    public CompletionStage<Void> write(List<Change> changes) {
        if (full) {
            throw new UnavailableException("the disk", List.of("it is full"), null);
        }
        for (Change change : changes) {
            if (change instanceof Change.Declared declared) {
                definitions.put(declared.key(), declared.definition());
            } else if (change instanceof Change.Undeclared undeclared) {
                definitions.remove(undeclared.key());
            } else if (change instanceof Change.Enqueued enqueued) {
                long id = enqueued.firstId();
                for (String queue : enqueued.queues()) {
                    lastId = Math.max(lastId, id);
                    copies.put(id++, new Copy(queue, enqueued.content(), 0, 0, 0));
                }
            } else if (change instanceof Change.Returned back) {
                copies.compute(back.id(), (id, copy) -> {
                    if (copy == null) {
                        throw new AssertionError("returned without having been enqueued: " + back);
                    }
                    return new Copy(copy.queue, copy.content, back.failures(), back.deliveries(), back.due());
                });
            } else if (change instanceof Change.Removed removed) {
                for (long id : removed.ids()) {
                    if (copies.remove(id) == null) {
                        throw new AssertionError("removed without having been there: " + id);
                    }
                }
            }
        }
        CompletableFuture<Void> written = new CompletableFuture<>();
        if (slow) {
            unconfirmed.add(written);
        } else {
            written.complete(null);
        }
        return written;
    }

    void flush() {
        unconfirmed.forEach(written -> written.complete(null));
        unconfirmed.clear();
    }

    int copies() {
        return copies.size();
    }

    @Override
    public void close() {}
}
