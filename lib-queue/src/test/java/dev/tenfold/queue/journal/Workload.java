package dev.tenfold.queue.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Event;
import dev.tenfold.testing.SimulatedTime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Changes a journal at random beside a model of it. After a crash what lives must be what lived after some change, all
 * before it included and none after, no earlier than the last one that was confirmed: so nothing confirmed is lost, nothing
 * comes back whose removal was confirmed, and no change is there in part.
 */
final class Workload {

    static final int SEGMENT = 4096;

    final Random chance;
    final List<Event> events = new ArrayList<>();
    private final Map<Long, Item> handles = new TreeMap<>();

    /** What lived before the first change, after it, after the second... */
    private final List<Map<Long, String>> history = new ArrayList<>();

    private final List<CompletableFuture<Void>> stages = new ArrayList<>();
    private @Nullable Journal journal;
    private int tag;
    final SimulatedTime time = new SimulatedTime();

    Workload(long seed) {
        chance = new Random(seed);
        history.add(new TreeMap<>());
    }

    JournalSettings settings() {
        return new JournalSettings(
                SEGMENT, 1 << 20, Duration.ZERO, Duration.ZERO, time, new Random(chance.nextLong()), events::add);
    }

    /** Opens what a crash left, compares, and goes on from there. */
    void open(SimulatedDisk disk) throws IOException {
        Map<Long, String> found = new TreeMap<>();
        handles.clear();
        Journal opened = Journal.open(disk, settings(), task -> {}, (item, bytes) -> {
            found.put(item.number, new String(bytes, StandardCharsets.US_ASCII));
            handles.put(item.number, item);
        });
        check(found);
        history.clear();
        history.add(found);
        stages.clear();
        journal = opened;
    }

    void check(Map<Long, String> found) {
        int confirmed = confirmed();
        for (int i = confirmed; i < history.size(); i++) {
            if (history.get(i).equals(found)) {
                return;
            }
        }
        assertThat(found)
                .as("nothing after change %d of %d fits, which was confirmed", confirmed, history.size() - 1)
                .isEqualTo(history.get(confirmed));
    }

    /** How many changes were confirmed; a later one is not before an earlier one. */
    int confirmed() {
        int last = 0;
        for (int i = 0; i < stages.size(); i++) {
            if (stages.get(i).isDone() && !stages.get(i).isCompletedExceptionally()) {
                assertThat(last).as("confirmed in order").isEqualTo(i);
                last = i + 1;
            }
        }
        return last;
    }

    Journal journal() {
        if (journal == null) {
            throw new IllegalStateException("not open");
        }
        return journal;
    }

    int changes() {
        return stages.size();
    }

    int living() {
        return handles.size();
    }

    /** Removes the oldest item. */
    void consume() {
        Map<Long, String> after = new TreeMap<>(history.get(history.size() - 1));
        long number = handles.keySet().iterator().next();
        Batch batch = new Batch();
        batch.remove(handles.remove(number));
        after.remove(number);
        stages.add(journal().append(batch).toCompletableFuture());
        history.add(after);
    }

    /** Appends one change. */
    void change(int target) {
        Batch batch = new Batch();
        Map<Long, String> after = new TreeMap<>(history.get(history.size() - 1));
        Map<Item, String> puts = new LinkedHashMap<>();
        List<Long> known = new ArrayList<>(handles.keySet());
        int removals = known.size() > target ? 1 + chance.nextInt(3) : chance.nextInt(2);
        for (int i = 0; i < removals && !known.isEmpty(); i++) {
            // Mostly the oldest, as in a queue; some stay for long.
            long number = known.remove(chance.nextInt(4) == 0 ? chance.nextInt(known.size()) : 0);
            batch.remove(handles.remove(number));
            after.remove(number);
        }
        int count = chance.nextInt(3) + (removals == 0 ? 1 : 0);
        for (int i = 0; i < count; i++) {
            char[] text = new char[chance.nextInt(10) == 0 ? chance.nextInt(1200) : chance.nextInt(60)];
            Arrays.fill(text, (char) ('a' + chance.nextInt(26)));
            String content = tag++ + new String(text);
            puts.put(batch.put(content.getBytes(StandardCharsets.US_ASCII)), content);
        }
        CompletableFuture<Void> done = journal().append(batch).toCompletableFuture();
        if (!done.isCompletedExceptionally()) {
            stages.add(done);
            puts.forEach((item, content) -> {
                after.put(item.number, content);
                handles.put(item.number, item);
            });
            history.add(after);
        }
    }

    /** Appends and writes; stops at the first failure of the disk. */
    void run(int steps, int target) {
        Flusher flusher = Objects.requireNonNull(journal().flusher);
        try {
            for (int i = 0; i < steps; i++) {
                change(target);
                int turns = chance.nextInt(4);
                for (int turn = 0; turn < turns; turn++) {
                    flusher.turn();
                }
                if (chance.nextInt(4) == 0) {
                    flusher.seal();
                }
            }
        } catch (IOException crashed) {
            // That is what it is for.
        }
    }
}
