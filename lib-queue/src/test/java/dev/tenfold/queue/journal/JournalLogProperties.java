package dev.tenfold.queue.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.log.QueueLog;
import dev.tenfold.queue.log.QueueLog.Change;
import dev.tenfold.testing.SimulatedTime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** A broker's log through power failures, beside maps of what must be in it. */
class JournalLogProperties {

    private static final List<String> QUEUES = List.of("mail", "audit", "dead", "ü");

    /** What a broker would know. Immutable. */
    private record Books(Map<String, String> definitions, Map<Long, String> copies) {

        static final Books EMPTY = new Books(Map.of(), Map.of());
    }

    private final SimulatedTime time = new SimulatedTime();
    private final List<Books> history = new ArrayList<>();
    private final List<CompletableFuture<Void>> confirms = new ArrayList<>();

    /** No id above it is known. */
    private long floor;

    /** Found by chance: ids that nobody was told of were lost, and the floor was still above them two lives later. */
    @Example
    void idsThatNobodyWasToldOfMayComeAgain() throws IOException {
        everyLifeKnowsWhatTheLastOneConfirmed(1, List.of(23, 15, 0, 17));
    }

    @Property(tries = 100)
    void everyLifeKnowsWhatTheLastOneConfirmed(
            @ForAll long seed, @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 0, max = 300) Integer> lives)
            throws IOException {
        Random chance = new Random(seed);
        SimulatedDisk disk = new SimulatedDisk();
        history.clear();
        confirms.clear();
        history.add(Books.EMPTY);
        floor = 0;
        for (int life : lives) {
            disk.crashAt = life;
            try {
                long accepted = live(disk, chance); // it lowers the floor to what it finds
                floor = Math.max(floor, accepted);
            } catch (IOException crashed) {
                // While it was being opened.
            }
            disk = chance.nextBoolean() ? disk.afterKill() : disk.afterPowerFailure(chance);
        }
        open(disk, chance);
    }

    private long live(SimulatedDisk disk, Random chance) throws IOException {
        LogReplay replay = new LogReplay("simulated");
        Journal journal = journal(disk, chance, replay);
        JournalLog log = JournalLog.over(journal, replay);
        Books books = compare(log);
        Flusher flusher = Objects.requireNonNull(journal.flusher);
        long next = log.lastId() + 1;
        long accepted = 0;
        for (int i = 0; i < 150; i++) {
            List<Change> changes = new ArrayList<>();
            int count = 1 + chance.nextInt(3);
            for (int c = 0; c < count; c++) {
                Map<String, String> definitions = new LinkedHashMap<>(books.definitions());
                Map<Long, String> copies = new TreeMap<>(books.copies());
                next = change(chance, next, definitions, copies, changes);
                books = new Books(definitions, copies);
            }
            if (!changes.isEmpty()) {
                try {
                    confirms.add(log.write(changes).toCompletableFuture());
                } catch (UnavailableException full) {
                    return accepted; // the power failed while room was made
                }
                history.add(books);
                accepted = next - 1;
            }
            try {
                for (int turns = chance.nextInt(3); turns > 0; turns--) {
                    flusher.turn();
                }
            } catch (IOException crashed) {
                return accepted;
            }
        }
        return accepted;
    }

    /** Makes a change; only of copies and definitions that were there before this batch. */
    private static long change(
            Random chance, long next, Map<String, String> definitions, Map<Long, String> copies, List<Change> changes) {
        List<Long> ids = new ArrayList<>(copies.keySet());
        int what = chance.nextInt(10);
        if (what < 3 || ids.size() < 3) {
            List<String> queues = QUEUES.subList(0, 1 + chance.nextInt(QUEUES.size()));
            String content = "c".repeat(chance.nextInt(100)) + next;
            changes.add(new Change.Enqueued(next, queues, content.getBytes(StandardCharsets.UTF_8)));
            for (int i = 0; i < queues.size(); i++) {
                copies.put(next + i, queues.get(i) + "|" + content + "|0|0|0");
            }
            return next + queues.size();
        }
        long id = ids.get(chance.nextInt(3));
        if (isNew(id, changes)) {
            return next;
        }
        if (what < 8) {
            copies.remove(id);
            changes.add(new Change.Removed(id));
        } else if (what == 8) {
            String[] parts = Objects.requireNonNull(copies.get(id)).split("\\|");
            int failures = chance.nextInt(5);
            copies.put(id, parts[0] + "|" + parts[1] + "|" + failures + "|7|" + (1L << 40));
            changes.add(new Change.Returned(id, failures, 7, 1L << 40));
        } else {
            String key = "q" + chance.nextInt(4);
            if (changes.stream().anyMatch(c -> c instanceof Change.Declared || c instanceof Change.Undeclared)) {
                return next;
            }
            if (chance.nextBoolean()) {
                definitions.put(key, "d" + next);
                changes.add(new Change.Declared(key, ("d" + next).getBytes(StandardCharsets.UTF_8)));
            } else if (definitions.remove(key) != null) {
                changes.add(new Change.Undeclared(key));
            }
        }
        return next;
    }

    private static boolean isNew(long id, List<Change> changes) {
        return changes.stream()
                .anyMatch(change -> change instanceof Change.Enqueued enqueued
                                && id >= enqueued.firstId()
                                && id < enqueued.firstId() + enqueued.queues().size()
                        || change instanceof Change.Returned returned && returned.id() == id);
    }

    private Journal journal(SimulatedDisk disk, Random chance, LogReplay replay) throws IOException {
        JournalSettings settings = new JournalSettings(
                4096, 1 << 20, Duration.ZERO, Duration.ZERO, time, new Random(chance.nextLong()), Observer.none());
        return Journal.open(disk, settings, task -> {}, replay);
    }

    private void open(SimulatedDisk disk, Random chance) throws IOException {
        LogReplay replay = new LogReplay("simulated");
        compare(JournalLog.over(journal(disk, chance, replay), replay));
    }

    /** What is found must be what was known after some write, the last confirmed one or a later one. */
    private Books compare(JournalLog log) {
        Map<String, String> definitions = new LinkedHashMap<>();
        Map<Long, String> copies = new LinkedHashMap<>();
        log.replay(new QueueLog.Replay() {
            @Override
            public void definition(String key, byte[] definition) {
                assertThat(copies).as("definitions come first").isEmpty();
                definitions.put(key, new String(definition, StandardCharsets.UTF_8));
            }

            @Override
            public void copy(long id, String queue, byte[] content, int failures, int deliveries, long due) {
                String text = new String(content, StandardCharsets.UTF_8);
                copies.put(id, queue + "|" + text + "|" + failures + "|" + deliveries + "|" + due);
            }
        });
        assertThat(new ArrayList<>(copies.keySet())).as("in the order of ids").isSorted();
        Books found = new Books(definitions, copies);
        int confirmed = 0;
        for (int i = 0; i < confirms.size(); i++) {
            if (confirms.get(i).isDone() && !confirms.get(i).isCompletedExceptionally()) {
                confirmed = i + 1;
            }
        }
        boolean fits = history.subList(confirmed, history.size()).stream()
                .anyMatch(known -> known.equals(found)
                        && List.copyOf(known.definitions().keySet()).equals(List.copyOf(definitions.keySet())));
        if (!fits) {
            assertThat(found).as("as after write %d", confirmed).isEqualTo(history.get(confirmed));
        }
        assertThat(log.lastId()).isGreaterThanOrEqualTo(copies.keySet().stream().reduce(0L, Math::max));
        if (confirmed == confirms.size()) {
            assertThat(log.lastId()).as("no id is used twice").isGreaterThanOrEqualTo(floor);
        }
        // Ids of what nobody was told of, and which is gone, may come again.
        floor = log.lastId();
        history.clear();
        history.add(found);
        confirms.clear();
        return found;
    }
}
