package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.queue.log.QueueLog;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log, and puts what it holds back into a broker that nobody uses yet. Bodies are decoded once for all copies of a
 * message. Times to live go on from when the message was published; delays and retries from when they were to be over.
 */
final class Restoring implements QueueLog.Replay {

    private final Environment given;
    private final List<Definition> definitions = new ArrayList<>();
    private final List<Copy> copies = new ArrayList<>();

    private byte @Nullable [] lastContent;
    private LogFormat.@Nullable Restored lastMessage;

    Restoring(Environment given, QueueLog log) {
        this.given = given;
        log.replay(this);
    }

    @Override
    public void definition(String key, byte[] content) {
        definitions.add(new Definition(key, content));
    }

    @Override
    public void copy(long id, String queue, byte[] content, int failures, int deliveries, long due) {
        LogFormat.Restored restored = lastMessage;
        if (restored == null || content != lastContent) {
            restored = LogFormat.message(content, given.codecs());
            lastMessage = restored;
            lastContent = content;
        }
        copies.add(new Copy(id, queue, restored, failures, deliveries, due));
    }

    void into(Topology topology, BrokerLog log) {
        definitions.stream()
                .filter(definition -> !definition.isBinding())
                .forEach(definition -> topology.restore(definition.key, definition.content));
        definitions.stream()
                .filter(Definition::isBinding)
                .forEach(definition -> topology.restore(definition.key, definition.content));
        long now = given.time().nanoTime();
        Instant today = given.time().now();
        List<Entry<Object>> orphans = new ArrayList<>();
        for (Copy copy : copies) {
            List<MemoryQueue<Object>> queue = topology.named(copy.queue);
            Entry<Object> entry = new Entry<>(copy.restored.message());
            entry.id = copy.id;
            if (queue.isEmpty()) {
                orphans.add(entry);
            } else {
                queue.get(0).restore(entry, copy, now, today);
            }
        }
        log.removed(orphans);
    }

    /** What the log says of one copy. */
    record Copy(long id, String queue, LogFormat.Restored restored, int failures, int deliveries, long due) {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Definition(String key, byte[] content) {

        boolean isBinding() {
            return key.startsWith("binding ");
        }
    }
}
