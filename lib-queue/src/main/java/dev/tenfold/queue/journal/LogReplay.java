package dev.tenfold.queue.journal;

import dev.tenfold.error.CorruptDataException;
import dev.tenfold.queue.journal.JournalLog.Content;
import dev.tenfold.queue.journal.JournalLog.Copy;
import dev.tenfold.queue.journal.JournalLog.Defined;
import dev.tenfold.queue.log.QueueLog;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts together what a journal holds of a broker's log. Used by one thread. */
final class LogReplay implements Replay {

    private final String source;
    private final Map<String, Defined> definitions = new HashMap<>();
    private final Map<Long, Copy> copies = new HashMap<>();
    private final List<LogEntry.Definition> defined = new ArrayList<>();
    private final Map<Long, Found> found = new HashMap<>();
    private long lastOrder;
    private long reserved;
    private @Nullable Item reservation;

    /** By id: where a copy without a mark of its own belongs. */
    private final Map<Long, Found> shared = new HashMap<>();

    LogReplay(String source) {
        this.source = source;
    }

    /** A copy, with what is to be told of it. */
    private record Found(Content shared, LogEntry.Content content, String queue, LogEntry.State state) {}

    Map<String, Defined> definitions() {
        return definitions;
    }

    Map<Long, Copy> copies() {
        return copies;
    }

    long lastOrder() {
        return lastOrder;
    }

    long reserved() {
        return reserved;
    }

    @Nullable
    Item reservation() {
        return reservation;
    }

    @Override
    public void accept(Item item, byte[] bytes) {
        LogEntry entry;
        try {
            entry = LogEntry.read(bytes);
        } catch (IllegalArgumentException unknown) {
            throw corrupt(item, unknown.getMessage(), unknown);
        }
        if (entry instanceof LogEntry.Definition definition) {
            definitions.put(definition.key(), new Defined(item, definition.order()));
            defined.add(definition);
            lastOrder = Math.max(lastOrder, definition.order());
        } else if (entry instanceof LogEntry.Content content) {
            content(item, content);
        } else if (entry instanceof LogEntry.Present present) {
            present(item, present.id());
        } else if (entry instanceof LogEntry.State state) {
            state(item, state);
        } else if (entry instanceof LogEntry.Reserved ids) {
            reserved = Math.max(reserved, ids.id());
            reservation = item;
        }
    }

    private void content(Item item, LogEntry.Content content) {
        int count = content.queues().size();
        // Copies among several say one by one that they are there.
        Content shared = new Content(item, count == 1 ? 1 : 0);
        for (int i = 0; i < count; i++) {
            long id = content.firstId() + i;
            Found copy = new Found(shared, content, content.queues().get(i), new LogEntry.State(id, 0, 0, 0));
            if (count == 1) {
                found.put(id, copy);
                copies.put(id, new Copy(shared, null));
            } else {
                this.shared.put(id, copy);
            }
        }
    }

    private void present(Item item, long id) {
        Found copy = shared.remove(id);
        if (copy == null) {
            throw corrupt(item, "copy " + id + " of no message", null);
        }
        copy.shared.copies++;
        found.put(id, copy);
        copies.put(id, new Copy(copy.shared, item));
    }

    private void state(Item item, LogEntry.State state) {
        Copy copy = copies.get(state.id());
        Found known = found.get(state.id());
        if (copy == null || known == null) {
            throw corrupt(item, "state of copy " + state.id() + ", which is not there", null);
        }
        copy.state = item;
        found.put(state.id(), new Found(known.shared, known.content, known.queue, state));
    }

    /** The checksums were right, so this is another program's work, or a defect of this one. */
    private CorruptDataException corrupt(Item item, @Nullable String problem, @Nullable Throwable cause) {
        Segment segment = item.segment;
        return new CorruptDataException(
                segment == null ? source : source + "/" + segment.header.file(),
                item.frame + item.offset,
                String.valueOf(problem),
                cause);
    }

    void tell(QueueLog.Replay into) {
        defined.sort(Comparator.comparingLong(LogEntry.Definition::order));
        defined.forEach(definition -> into.definition(definition.key(), definition.definition()));
        found.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(entry -> {
            Found copy = entry.getValue();
            LogEntry.State state = copy.state;
            into.copy(
                    entry.getKey(),
                    copy.queue,
                    copy.content.content(),
                    state.failures(),
                    state.deliveries(),
                    state.due());
        });
    }
}
