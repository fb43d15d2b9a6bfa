package dev.tenfold.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link VersionedRegister} must do. Extend it with one class per implementation; each test runs on an instance
 * of its own and so expects storage of its own.
 */
public abstract class VersionedRegisterContract {

    private final List<VersionedRegister<String>> opened = new ArrayList<>();

    /** For subclasses. */
    protected VersionedRegisterContract() {}

    /**
     * Opens the register of this test, as another process would.
     *
     * @return another handle on the same storage; the same handle where the storage is one process's memory
     */
    protected abstract VersionedRegister<String> open();

    /** Lets the watchers of one handle learn what was written through another: passes a poll interval, say. */
    protected abstract void settle();

    /**
     * Returns how many writes each of four threads makes in the tests that count.
     *
     * @return enough to collide, few enough for the storage to take a second or two
     */
    protected abstract int writesPerThread();

    private VersionedRegister<String> handle() {
        VersionedRegister<String> register = open();
        opened.add(register);
        return register;
    }

    @AfterEach
    final void closeAll() {
        opened.forEach(VersionedRegister::close);
    }

    @Test
    void isEmptyBeforeTheFirstWrite() {
        assertThat(handle().read()).isEmpty();
    }

    @Test
    void countsVersionsFromOne() {
        VersionedRegister<String> register = handle();

        assertThat(register.compareAndSet(0, "a")).contains(new Versioned<>(1, "a"));
        assertThat(register.compareAndSet(1, "b")).contains(new Versioned<>(2, "b"));
        assertThat(register.read()).contains(new Versioned<>(2, "b"));
    }

    @Test
    void countsAWriteThatChangesNothing() {
        VersionedRegister<String> register = handle();
        register.compareAndSet(0, "same");

        assertThat(register.compareAndSet(1, "same")).contains(new Versioned<>(2, "same"));
    }

    @Test
    void refusesEveryVersionButTheCurrentOne() {
        VersionedRegister<String> register = handle();

        assertThat(register.compareAndSet(1, "x")).as("empty, expecting 1").isEmpty();
        assertThat(register.read()).isEmpty();
        register.compareAndSet(0, "a");
        register.compareAndSet(1, "b");
        for (long wrong : new long[] {0, 1, 3, Long.MAX_VALUE - 1}) {
            assertThat(register.compareAndSet(wrong, "x"))
                    .as("expecting %s", wrong)
                    .isEmpty();
        }
        assertThat(register.read()).contains(new Versioned<>(2, "b"));
    }

    @Test
    void rejectsANegativeVersion() {
        VersionedRegister<String> register = handle();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> register.compareAndSet(-1, "x"))
                .withMessageContaining("-1 (expected: >= 0)");
    }

    @Test
    void keepsAnyText() {
        VersionedRegister<String> register = handle();
        List<String> texts = List.of("", " ", "null", "zwölf → 十二", "line\nbreak\0zero", "x".repeat(100_000));

        long version = 0;
        for (String text : texts) {
            version = register.compareAndSet(version, text).orElseThrow().version();
            assertThat(handle().read()).contains(new Versioned<>(version, text));
        }
    }

    @Test
    void isOneRegisterToAllWhoOpenIt() {
        VersionedRegister<String> one = handle();
        VersionedRegister<String> other = handle();

        one.compareAndSet(0, "by one");
        assertThat(other.read()).contains(new Versioned<>(1, "by one"));
        assertThat(other.compareAndSet(0, "late")).isEmpty();
        other.compareAndSet(1, "by other");
        assertThat(one.compareAndSet(1, "late")).isEmpty();
        assertThat(one.read()).contains(new Versioned<>(2, "by other"));
    }

    @Test
    void letsOneOfManyMakeTheFirstWrite() throws Exception {
        List<VersionedRegister<String>> handles = List.of(handle(), handle(), handle(), handle());

        List<Optional<Versioned<String>>> results =
                inFourThreads(thread -> handles.get(thread).compareAndSet(0, "by " + thread));

        assertThat(results).filteredOn(Optional::isPresent).hasSize(1);
    }

    @Test
    void losesNoUpdateAmongManyWriters() throws Exception {
        VersionedRegister<String> first = handle();
        VersionedRegister<String> second = handle();
        first.compareAndSet(0, "0");
        int writes = writesPerThread();

        List<List<Long>> versions = inFourThreads(thread -> {
            VersionedRegister<String> register = thread % 2 == 0 ? first : second;
            List<Long> mine = new ArrayList<>();
            while (mine.size() < writes) {
                Versioned<String> now = register.read().orElseThrow();
                String next = Long.toString(Long.parseLong(now.value()) + 1);
                register.compareAndSet(now.version(), next).ifPresent(won -> mine.add(won.version()));
            }
            return mine;
        });

        long total = 4L * writes;
        assertThat(first.read()).contains(new Versioned<>(total + 1, Long.toString(total)));
        assertThat(versions.stream().flatMap(List::stream).sorted().toList())
                .as("each version was won once")
                .isEqualTo(LongStream.rangeClosed(2, total + 1).boxed().toList());
        assertThat(versions).allSatisfy(mine -> assertThat(mine).isSorted());
    }

    @Test
    void neverReadsBackwardsAmongManyWriters() throws Exception {
        VersionedRegister<String> register = handle();
        register.compareAndSet(0, "0");
        int writes = writesPerThread();

        List<List<Long>> reads = inFourThreads(thread -> {
            List<Long> mine = new ArrayList<>();
            for (int i = 0; i < writes; i++) {
                Versioned<String> now = register.read().orElseThrow();
                mine.add(now.version());
                register.compareAndSet(now.version(), now.value());
                // Whether this write won or lost, somebody's did.
                assertThat(register.read().orElseThrow().version()).isGreaterThan(now.version());
            }
            return mine;
        });

        assertThat(reads).allSatisfy(mine -> assertThat(mine).isSorted());
    }

    @Test
    void tellsAWatcherTheCurrentValueAndThenNewerOnes() {
        VersionedRegister<String> register = handle();
        register.compareAndSet(0, "a");
        register.compareAndSet(1, "b");
        List<Versioned<String>> told = new CopyOnWriteArrayList<>();

        register.watch(told::add);
        assertThat(told).containsExactly(new Versioned<>(2, "b"));
        register.compareAndSet(2, "c");
        assertThat(told).containsExactly(new Versioned<>(2, "b"), new Versioned<>(3, "c"));
        register.compareAndSet(2, "refused");
        settle();
        assertThat(told).hasSize(2);
    }

    @Test
    void tellsAWatcherNothingBeforeTheFirstWrite() {
        VersionedRegister<String> register = handle();
        List<Versioned<String>> told = new CopyOnWriteArrayList<>();

        register.watch(told::add);
        settle();
        assertThat(told).isEmpty();
        register.compareAndSet(0, "first");
        assertThat(told).containsExactly(new Versioned<>(1, "first"));
    }

    @Test
    void tellsAWatcherWhatOthersWrote() {
        VersionedRegister<String> watched = handle();
        VersionedRegister<String> other = handle();
        List<Versioned<String>> told = new CopyOnWriteArrayList<>();
        watched.watch(told::add);

        other.compareAndSet(0, "a");
        other.compareAndSet(1, "b");
        settle();
        assertThat(told).last().isEqualTo(new Versioned<>(2, "b"));
        other.compareAndSet(2, "c");
        settle();
        assertThat(told).last().isEqualTo(new Versioned<>(3, "c"));
        settle();
        assertThat(told).doesNotHaveDuplicates();
    }

    @Test
    void neverKeepsTheLastVersionFromAWatcher() throws Exception {
        VersionedRegister<String> watched = handle();
        VersionedRegister<String> other = handle();
        int writes = writesPerThread();
        List<Long> told = Collections.synchronizedList(new ArrayList<>());
        List<Long> toldLate = Collections.synchronizedList(new ArrayList<>());
        watched.watch(news -> told.add(news.version()));

        inFourThreads(thread -> {
            VersionedRegister<String> register = thread % 2 == 0 ? watched : other;
            for (int i = 0; i < writes; i++) {
                long version = register.read().map(Versioned::version).orElse(0L);
                register.compareAndSet(version, "x");
                if (i == writes / 2) {
                    watched.watch(news -> toldLate.add(news.version())).close();
                }
                if (thread == 3) {
                    settle();
                }
            }
            return null;
        });
        settle();

        long last = watched.read().orElseThrow().version();
        assertThat(told).isSorted().doesNotHaveDuplicates().last().isEqualTo(last);
        assertThat(toldLate).as("each late watcher was told what was current").hasSizeGreaterThanOrEqualTo(4);
    }

    @Test
    void tellsNothingAfterTheWatchWasClosed() {
        VersionedRegister<String> register = handle();
        List<Versioned<String>> told = new CopyOnWriteArrayList<>();
        List<Versioned<String>> toldOther = new CopyOnWriteArrayList<>();
        Watch watch = register.watch(told::add);
        register.watch(toldOther::add);

        watch.close();
        watch.close();
        register.compareAndSet(0, "a");
        settle();
        assertThat(told).isEmpty();
        assertThat(toldOther).containsExactly(new Versioned<>(1, "a"));
    }

    @Test
    void canBeWatchedAgainAfterTheLastWatchWasClosed() {
        VersionedRegister<String> watched = handle();
        VersionedRegister<String> other = handle();
        List<Versioned<String>> told = new CopyOnWriteArrayList<>();

        watched.watch(news -> {}).close();
        settle();
        watched.watch(told::add);
        other.compareAndSet(0, "a");
        settle();
        assertThat(told).containsExactly(new Versioned<>(1, "a"));
    }

    @Test
    void keepsAFailingListenerFromTheWriterAndTheOtherListeners() {
        VersionedRegister<String> register = handle();
        List<Versioned<String>> told = new CopyOnWriteArrayList<>();
        register.watch(news -> {
            throw new IllegalStateException("deliberate: this listener always fails");
        });
        register.watch(told::add);

        assertThat(register.compareAndSet(0, "a")).isPresent();
        assertThat(register.compareAndSet(1, "b")).isPresent();
        assertThat(told).containsExactly(new Versioned<>(1, "a"), new Versioned<>(2, "b"));
    }

    @Test
    void failsEveryCallAfterItWasClosedAndTellsNoOne() {
        VersionedRegister<String> register = handle();
        List<Versioned<String>> told = new CopyOnWriteArrayList<>();
        Watch watch = register.watch(told::add);
        register.compareAndSet(0, "a");

        register.close();
        register.close();
        watch.close();
        assertThatIllegalStateException().isThrownBy(register::read).withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(() -> register.compareAndSet(1, "b"));
        assertThatIllegalStateException().isThrownBy(() -> register.watch(told::add));
        settle();
        assertThat(told).hasSize(1);
    }

    private interface Work<R> {
        R run(int thread) throws Exception;
    }

    private static <R> List<R> inFourThreads(Work<R> work) throws Exception {
        CyclicBarrier start = new CyclicBarrier(4);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<R>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int thread = i;
                running.add(threads.submit(() -> {
                    start.await();
                    return work.run(thread);
                }));
            }
            List<R> results = new ArrayList<>();
            for (Future<R> future : running) {
                results.add(future.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }
}
