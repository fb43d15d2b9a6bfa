package dev.tenfold.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tenfold.topology.SnapshotCell.Watch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class SnapshotCellTest {

    private record Numbered(long version) implements Snapshot {}

    private final SnapshotCell<Numbered> cell = new SnapshotCell<>(new Numbered(1));
    private final List<Long> told = Collections.synchronizedList(new ArrayList<>());

    @Test
    void takesOnlyNewerSnapshots() {
        assertThat(cell.offer(new Numbered(3))).isTrue();
        assertThat(cell.offer(new Numbered(3))).isFalse();
        assertThat(cell.offer(new Numbered(2))).isFalse();
        assertThat(cell.current().version()).isEqualTo(3);
    }

    @Test
    void updatesFromTheCurrentSnapshot() {
        assertThat(cell.update(now -> new Numbered(now.version() + 1)).version())
                .isEqualTo(2);
        assertThat(cell.update(now -> now).version()).isEqualTo(2);
        assertThatIllegalArgumentException().isThrownBy(() -> cell.update(now -> new Numbered(2)));
        assertThat(cell.current().version()).isEqualTo(2);
    }

    @Test
    void tellsTheCurrentSnapshotAndThenEachNewerOneUntilClosed() {
        Watch watch = cell.watch(news -> told.add(news.version()));
        cell.offer(new Numbered(2));
        cell.offer(new Numbered(2));
        cell.update(now -> now);
        cell.update(now -> new Numbered(5));
        watch.close();
        watch.close();
        cell.offer(new Numbered(6));

        assertThat(told).containsExactly(1L, 2L, 5L);
    }

    @Test
    void tellsTheOtherListenersThoughOneFails() {
        IllegalStateException failure = new IllegalStateException("deliberate");
        cell.watch(news -> failFrom(2, news, failure));
        cell.watch(news -> told.add(news.version()));
        cell.watch(news -> failFrom(2, news, failure));

        assertThatIllegalStateException()
                .isThrownBy(() -> cell.offer(new Numbered(2)))
                .isSameAs(failure);
        assertThat(cell.current().version()).isEqualTo(2);
        assertThat(told).containsExactly(1L, 2L);
    }

    private static void failFrom(long version, Numbered news, RuntimeException failure) {
        if (news.version() >= version) {
            throw failure;
        }
    }

    @Test
    void doesNotKeepAListenerThatFailedAtOnce() {
        assertThatIllegalStateException()
                .isThrownBy(() -> cell.watch(news -> {
                    throw new IllegalStateException("deliberate");
                }));

        assertThat(cell.offer(new Numbered(2))).isTrue();
    }

    @Test
    void letsAListenerEndWatches() {
        AtomicReference<Watch> own = new AtomicReference<>();
        AtomicReference<Watch> others = new AtomicReference<>();
        own.set(cell.watch(news -> {
            if (news.version() == 2) {
                own.get().close();
                others.get().close();
            }
        }));
        others.set(cell.watch(news -> told.add(news.version())));
        cell.watch(news -> told.add(-news.version()));

        cell.offer(new Numbered(2));
        cell.offer(new Numbered(3));
        assertThat(told).containsExactly(1L, -1L, -2L, -3L);
    }

    @Test
    void refusesAChangeByAListener() {
        cell.watch(news -> {
            if (news.version() == 2) {
                cell.offer(new Numbered(9));
            }
        });
        cell.watch(news -> told.add(news.version()));

        assertThatIllegalStateException()
                .isThrownBy(() -> cell.offer(new Numbered(2)))
                .withMessageContaining("a listener changes the cell");
        assertThat(cell.offer(new Numbered(3))).isTrue();
        assertThat(told).containsExactly(1L, 2L, 3L);
    }

    @Test
    void losesNoUpdateAndTellsEachListenerInOrderAmongThreads() throws Exception {
        cell.watch(news -> told.add(news.version()));
        CyclicBarrier start = new CyclicBarrier(4);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                running.add(threads.submit(() -> {
                    start.await();
                    long before = 0;
                    for (int j = 0; j < 1_000; j++) {
                        cell.update(now -> new Numbered(now.version() + 1));
                        long now = cell.current().version();
                        assertThat(now).isGreaterThan(before);
                        before = now;
                        List<Long> late = new ArrayList<>();
                        cell.watch(news -> late.add(news.version())).close();
                        assertThat(late)
                                .isSorted()
                                .first()
                                .satisfies(seen -> assertThat(seen).isGreaterThanOrEqualTo(now));
                    }
                    return null;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(cell.current().version()).isEqualTo(4_001);
        assertThat(told).hasSize(4_001).isSorted().doesNotHaveDuplicates();
    }
}
