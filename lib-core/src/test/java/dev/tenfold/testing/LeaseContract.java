package dev.tenfold.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.coordination.Lease;
import dev.tenfold.coordination.Lease.Grant;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Lease} must do. Extend it with one class per implementation; each test runs on an instance of its own
 * and so expects a lease of its own that nobody has taken yet.
 */
public abstract class LeaseContract {

    private static final Duration TERM = Duration.ofSeconds(10);
    private static final Duration INSTANT = Duration.ofNanos(1);

    private final SimulatedTime time = new SimulatedTime();
    private int processes;

    /** For subclasses. */
    protected LeaseContract() {}

    /**
     * Opens the lease of this test, as another process would.
     *
     * @param time the clock of that process
     * @return another handle on the same lease
     */
    protected abstract Lease open(TimeSource time);

    /** Another process, whose clocks stand somewhere else altogether; the first one's wraps after five seconds. */
    private Lease process() {
        long origin = Long.MAX_VALUE - 5_000_000_000L + processes * 1_000_000_000_000_000L;
        Duration ahead = Duration.ofHours(processes++);
        return open(new Skewed(time, origin, ahead));
    }

    @Test
    void isGrantedToTheFirstWhoAsksAndToNobodyElse() {
        Lease a = process();
        Lease b = process();

        Grant grant = a.tryAcquire("a", TERM).orElseThrow();

        assertThat(grant.token()).isEqualTo(1);
        assertThat(grant.isHeld()).isTrue();
        assertThat(b.tryAcquire("b", TERM)).isEmpty();
        assertThat(a.tryAcquire("a", TERM)).as("not reentrant").isEmpty();
    }

    @Test
    void expiresForItsHolderAfterTheDuration() {
        Grant grant = process().tryAcquire("a", TERM).orElseThrow();

        time.advance(TERM.minus(INSTANT));
        assertThat(grant.isHeld()).isTrue();
        time.advance(INSTANT);
        assertThat(grant.isHeld()).isFalse();
    }

    @Test
    void passesOnOnceItStoodUnrenewedForTheWholeDuration() {
        Lease b = process();
        Grant old = process().tryAcquire("a", TERM).orElseThrow();
        assertThat(b.tryAcquire("b", TERM)).isEmpty();

        time.advance(TERM.minus(INSTANT));
        assertThat(b.tryAcquire("b", TERM)).isEmpty();
        assertThat(old.isHeld()).isTrue();
        time.advance(INSTANT);
        Grant taken = b.tryAcquire("b", TERM).orElseThrow();
        assertThat(old.isHeld()).isFalse();
        assertThat(taken.isHeld()).isTrue();
        assertThat(taken.token()).isEqualTo(2);
    }

    @Test
    void makesAFreshProcessWaitThoughTheHolderDiedLongAgo() {
        process().tryAcquire("dead", TERM);
        time.advance(Duration.ofDays(1));
        Lease fresh = process();

        assertThat(fresh.tryAcquire("fresh", TERM)).isEmpty();
        time.advance(TERM);
        assertThat(fresh.tryAcquire("fresh", TERM)).isPresent();
    }

    @Test
    void waitsForTheHoldersDurationNotItsOwn() {
        Grant grant = process().tryAcquire("a", Duration.ofMinutes(1)).orElseThrow();
        Lease hasty = process();
        hasty.tryAcquire("hasty", INSTANT);

        time.advance(Duration.ofSeconds(59));
        assertThat(hasty.tryAcquire("hasty", INSTANT)).isEmpty();
        assertThat(grant.isHeld()).isTrue();
    }

    @Test
    void lastsAsLongAsItIsRenewed() {
        Lease b = process();
        Grant grant = process().tryAcquire("a", TERM).orElseThrow();

        for (int i = 0; i < 10; i++) {
            assertThat(b.tryAcquire("b", TERM)).isEmpty();
            time.advance(TERM.minus(INSTANT));
            assertThat(grant.isHeld()).isTrue();
            assertThat(grant.renew()).isTrue();
        }
        assertThat(grant.token()).as("a renewal is no new grant").isEqualTo(1);
        assertThat(b.tryAcquire("b", TERM)).isEmpty();
        time.advance(TERM);
        assertThat(b.tryAcquire("b", TERM)).isPresent();
    }

    @Test
    void canBeRenewedLateWhileNobodyTookIt() {
        Grant grant = process().tryAcquire("a", TERM).orElseThrow();

        time.advance(TERM.multipliedBy(5));
        assertThat(grant.isHeld()).isFalse();
        assertThat(grant.renew()).isTrue();
        assertThat(grant.isHeld()).isTrue();
    }

    @Test
    void isLostForGoodOnceAnotherTookIt() {
        Lease a = process();
        Lease b = process();
        Grant lost = a.tryAcquire("a", TERM).orElseThrow();
        Grant taken = takeOver(b, "b");

        assertThat(lost.renew()).isFalse();
        assertThat(lost.isHeld()).isFalse();
        taken.close();
        assertThat(lost.renew()).isFalse();
        assertThat(lost.isHeld()).isFalse();
    }

    @Test
    void isFreeAtOnceWhenGivenUp() {
        Lease b = process();
        Grant grant = process().tryAcquire("a", TERM).orElseThrow();
        grant.renew();

        grant.close();
        assertThat(grant.isHeld()).isFalse();
        assertThat(grant.renew()).isFalse();
        assertThat(b.tryAcquire("b", TERM).orElseThrow().token()).isEqualTo(2);
    }

    @Test
    void isNotTakenFromTheNextHolderByALateClose() {
        Lease a = process();
        Lease b = process();
        Grant lost = a.tryAcquire("a", TERM).orElseThrow();
        Grant taken = takeOver(b, "b");

        lost.close();
        lost.close();
        assertThat(taken.isHeld()).isTrue();
        assertThat(process().tryAcquire("c", TERM)).isEmpty();
        assertThat(taken.renew()).isTrue();
    }

    @Test
    void isNotTakenFromTheNextHolderByASecondClose() {
        Lease a = process();
        Grant first = a.tryAcquire("a", TERM).orElseThrow();
        first.close();
        Grant second = process().tryAcquire("b", TERM).orElseThrow();

        first.close();
        assertThat(second.renew()).isTrue();
        assertThat(a.tryAcquire("a", TERM)).isEmpty();
    }

    @Test
    void countsTokensUpByOneHoweverItChangesHands() {
        Lease a = process();
        Lease b = process();

        for (long token = 1; token <= 6; token += 3) {
            try (Grant released = a.tryAcquire("a", TERM).orElseThrow()) {
                assertThat(released.token()).isEqualTo(token);
            }
            assertThat(a.tryAcquire("a", TERM).orElseThrow().token()).isEqualTo(token + 1);
            Grant taken = takeOver(b, "b");
            assertThat(taken.token()).isEqualTo(token + 2);
            taken.close();
        }
    }

    @Test
    void rejectsWhatMakesNoSense() {
        Lease lease = process();

        assertThatIllegalArgumentException().isThrownBy(() -> lease.tryAcquire("", TERM));
        assertThatIllegalArgumentException().isThrownBy(() -> lease.tryAcquire("a", Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> lease.tryAcquire("a", Duration.ofSeconds(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> lease.tryAcquire("a", Duration.ofDays(366)));
        assertThat(lease.tryAcquire("a", TERM)).as("nothing was taken before").isPresent();
    }

    @Test
    void isGrantedOnceToManyWhoAskAtOnce() throws Exception {
        List<Lease> contenders = List.of(process(), process(), process(), process());
        CyclicBarrier start = new CyclicBarrier(contenders.size());
        ExecutorService threads = Executors.newFixedThreadPool(contenders.size());
        try {
            for (long token = 1; token <= 5; token++) {
                List<Future<Optional<Grant>>> asked = new ArrayList<>();
                for (Lease contender : contenders) {
                    asked.add(threads.submit(() -> {
                        start.await();
                        return contender.tryAcquire("any", TERM);
                    }));
                }
                List<Grant> granted = new ArrayList<>();
                for (Future<Optional<Grant>> answer : asked) {
                    answer.get().ifPresent(granted::add);
                }
                assertThat(granted).hasSize(1);
                assertThat(granted.get(0).token()).isEqualTo(token);
                granted.get(0).close();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void staysHeldWhenRenewedByTwoThreadsAtOnce() throws Exception {
        Grant grant = process().tryAcquire("a", TERM).orElseThrow();
        CyclicBarrier start = new CyclicBarrier(2);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<Boolean>> renewals = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                renewals.add(threads.submit(() -> {
                    start.await();
                    boolean held = true;
                    for (int j = 0; j < 5; j++) {
                        held &= grant.renew();
                    }
                    return held;
                }));
            }
            for (Future<Boolean> renewal : renewals) {
                assertThat(renewal.get()).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(grant.isHeld()).isTrue();
        grant.close();
        assertThat(process().tryAcquire("b", TERM)).isPresent();
    }

    /** Random schedules of three processes with skewed clocks: never two hold at once, and tokens only grow. */
    @Test
    void isNeverHeldTwiceWhateverTheSchedule() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Lease> contenders = List.of(process(), process(), process());
        List<Grant> grants = new ArrayList<>();
        long lastToken = 0;

        for (int step = 0; step < steps(); step++) {
            Lease contender = contenders.get(random.nextInt(contenders.size()));
            Grant known = grants.isEmpty() ? null : grants.get(random.nextInt(grants.size()));
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    Optional<Grant> grant = contender.tryAcquire("any", Duration.ofSeconds(1 + random.nextInt(5)));
                    if (grant.isPresent()) {
                        assertThat(grant.get().token())
                                .as("seed %s, step %s", seed, step)
                                .isEqualTo(lastToken + 1);
                        lastToken++;
                        grants.add(grant.get());
                    }
                }
                case 3 -> {
                    if (known != null) {
                        known.renew();
                    }
                }
                case 4 -> {
                    if (known != null && random.nextInt(4) == 0) {
                        known.close();
                    }
                }
                default -> time.advance(Duration.ofMillis(random.nextInt(2_000)));
            }
            assertThat(grants.stream().filter(Grant::isHeld).count())
                    .as("seed %s, step %s", seed, step)
                    .isLessThanOrEqualTo(1);
            if (grants.size() > 8) {
                grants.remove(0);
            }
        }
        // Whatever happened before, it can still be had, at the latest after the longest duration asked for above.
        Lease last = contenders.get(0);
        Optional<Grant> grant = last.tryAcquire("last", TERM);
        if (grant.isEmpty()) {
            time.advance(Duration.ofSeconds(5));
            grant = last.tryAcquire("last", TERM);
        }
        assertThat(grant.orElseThrow().token()).as("seed %s", seed).isEqualTo(lastToken + 1);
    }

    /**
     * Returns how many steps the random schedule has.
     *
     * @return enough to change hands many times, few enough for the storage to take a second or two
     */
    protected int steps() {
        return 200;
    }

    private Grant takeOver(Lease lease, String holder) {
        assertThat(lease.tryAcquire(holder, TERM)).isEmpty();
        time.advance(TERM);
        return lease.tryAcquire(holder, TERM).orElseThrow();
    }

    /** The same flow of time, read off clocks that were set differently. */
    private record Skewed(SimulatedTime time, long origin, Duration ahead) implements TimeSource {
        @Override
        public long nanoTime() {
            return origin + time.nanoTime();
        }

        @Override
        public Instant now() {
            return time.now().plus(ahead);
        }
    }
}
