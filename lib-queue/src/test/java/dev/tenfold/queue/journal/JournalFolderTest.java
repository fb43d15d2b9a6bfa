package dev.tenfold.queue.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Event;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal on a real disk, with its own thread. */
class JournalFolderTest {

    @TempDir
    Path folder;

    private final StartedScheduler scheduler = Scheduler.start("journal-test");
    private final Queue<Event> events = new ConcurrentLinkedQueue<>();

    @AfterEach
    void endTheThread() {
        scheduler.close();
    }

    private Journal open(Replay replay) {
        JournalSettings settings = new JournalSettings(
                64 << 10,
                1 << 20,
                Duration.ZERO,
                Duration.ofSeconds(10),
                TimeSource.system(),
                new Random(1),
                events::add);
        return Journal.open(folder, settings, task -> scheduler.schedule(Duration.ZERO, task), replay);
    }

    @Test
    void manyThreadsShareForcesAndEverythingIsThereAgain() throws Exception {
        int threads = 8;
        int each = 300;
        CountDownLatch left = new CountDownLatch(threads);
        try (Journal journal = open((item, bytes) -> {})) {
            for (int t = 0; t < threads; t++) {
                int thread = t;
                new Thread(() -> {
                            for (int i = 0; i < each; i++) {
                                Batch batch = new Batch();
                                Item item = batch.put((thread + "." + i).getBytes(StandardCharsets.UTF_8));
                                journal.append(batch).toCompletableFuture().join();
                                if (i % 2 == 0) {
                                    Batch removal = new Batch();
                                    removal.remove(item);
                                    journal.append(removal)
                                            .toCompletableFuture()
                                            .join();
                                }
                            }
                            left.countDown();
                        })
                        .start();
            }
            assertThat(left.await(60, TimeUnit.SECONDS)).isTrue();
        }
        List<String> found = new ArrayList<>();
        open((item, bytes) -> found.add(new String(bytes, StandardCharsets.UTF_8)))
                .close();
        assertThat(found).hasSize(threads * each / 2).doesNotHaveDuplicates().allMatch(text -> {
            int number = Integer.parseInt(text.substring(text.indexOf('.') + 1));
            return number % 2 == 1;
        });
        assertThat(files()).as("many lives leave few files").isLessThan(12);
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    @Test
    void aFolderIsOpenOnce() {
        try (Journal journal = open((item, bytes) -> {})) {
            assertThat(journal.segments()).isEqualTo(1);
            assertThatThrownBy(() -> open((item, bytes) -> {}))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining("another broker of this process");
            // The refusal has not given the lock away.
            assertThatThrownBy(() -> {
                        try (FileChannel other = FileChannel.open(folder.resolve("lock"), StandardOpenOption.WRITE)) {
                            other.tryLock();
                        }
                    })
                    .isInstanceOf(OverlappingFileLockException.class);
        }
        open((item, bytes) -> {}).close();
    }

    @Test
    void aClosedJournalTakesNothing() {
        Journal journal = open((item, bytes) -> {});
        journal.close();
        journal.close();
        Batch batch = new Batch();
        batch.put(new byte[1]);
        assertThatThrownBy(() -> journal.append(batch))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("is closed");
        assertThatThrownBy(journal::awaitRoom).isInstanceOf(UnavailableException.class);
    }

    @Test
    void whatIsLargerThanASegmentIsRefused() {
        try (Journal journal = open((item, bytes) -> {})) {
            Batch batch = new Batch();
            batch.put(new byte[70_000]);
            assertThatThrownBy(() -> journal.append(batch))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("70013 bytes");
        }
    }

    @Test
    void oldSegmentsAreUsedAgain() throws IOException {
        try (Journal journal = open((item, bytes) -> {})) {
            for (int i = 0; i < 400; i++) {
                Batch batch = new Batch();
                Item item = batch.put(new byte[5_000]);
                journal.append(batch).toCompletableFuture().join();
                Batch removal = new Batch();
                removal.remove(item);
                journal.append(removal).toCompletableFuture().join();
            }
            assertThat(files()).isLessThan(8);
        }
        assertThat(events).extracting(Event::kind).doesNotContain("journal.corrupt", "journal.stopped");
    }
}
