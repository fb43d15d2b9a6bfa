package dev.tenfold.sharding.id;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.id.NodeClaims.Claim;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.TimeSource;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class IdGeneratorProperties {

    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

    /** A machine's clocks: the wall clock is set now and then, forwards or back; the monotonic one only runs. */
    private static final class Clock implements TimeSource {
        final SimulatedTime running = new SimulatedTime();
        Duration set = Duration.between(running.now(), EPOCH.plus(Duration.ofDays(100)));

        @Override
        public long nanoTime() {
            return running.nanoTime();
        }

        @Override
        public Instant now() {
            return running.now().plus(set);
        }
    }

    @Property(tries = 300)
    void risesWhateverTheClockDoes(@ForAll long seed, @ForAll @IntRange(min = 1, max = 16) int nodeBits) {
        Random random = new Random(seed);
        Clock clock = new Clock();
        IdLayout layout = new IdLayout(EPOCH, nodeBits);
        int node = random.nextInt(layout.nodes());
        IdGenerator ids = IdGenerator.of(layout).node(node).time(clock).open();
        long last = -1;
        Instant latest = clock.now();
        for (int round = 0; round < 300; round++) {
            switch (random.nextInt(4)) {
                case 0 -> clock.running.advance(Duration.ofNanos(random.nextInt(3_000_000)));
                case 1 -> clock.running.advance(Duration.ofMillis(random.nextInt(2_000)));
                case 2 -> {
                    clock.set = clock.set.plusMillis(random.nextInt(-8_000, 8_000));
                    // It is noticed within a second.
                    clock.running.advance(Duration.ofMillis(1_001));
                }
                default -> {
                    for (int burst = random.nextInt(300); burst > 0; burst--) {
                        latest = clock.now().isAfter(latest) ? clock.now() : latest;
                        long id;
                        try {
                            id = ids.next();
                        } catch (UnavailableException behind) {
                            assertThat(layout.time(last)).isAfter(clock.now().plusSeconds(7));
                            break;
                        }
                        assertThat(id).isGreaterThan(last);
                        assertThat(layout.node(id)).isEqualTo(node);
                        assertThat(layout.time(id)).isBefore(latest.plusSeconds(12));
                        if (last >= 0 && layout.time(id).equals(layout.time(last))) {
                            assertThat(layout.sequence(id)).isEqualTo(layout.sequence(last) + 1);
                        }
                        last = id;
                    }
                }
            }
        }
    }

    /** Processes come, go, die and are taken for dead, each with a clock of its own: no id is ever made twice. */
    @Property(tries = 200)
    void isUniqueAcrossProcesses(@ForAll long seed) {
        Random random = new Random(seed);
        VersionedRegister<NodeClaims> register = Registers.inMemory("ids");
        IdLayout layout = new IdLayout(EPOCH, 2);
        Set<Long> made = new HashSet<>();
        Map<IdGenerator, Clock> alive = new HashMap<>();
        Map<IdGenerator, Long> last = new HashMap<>();
        for (int round = 0; round < 150; round++) {
            List<IdGenerator> some = new ArrayList<>(alive.keySet());
            IdGenerator one = some.isEmpty() ? null : some.get(random.nextInt(some.size()));
            switch (random.nextInt(8)) {
                case 0 -> {
                    Clock clock = new Clock();
                    clock.set = clock.set.plusSeconds(random.nextInt(120));
                    try {
                        IdGenerator opened = IdGenerator.of(layout)
                                .nodesFrom(register)
                                .scheduler(clock.running)
                                .time(clock)
                                .window(Duration.ofSeconds(20))
                                .maxAhead(Duration.ofSeconds(90))
                                .observer(Observer.none())
                                .open();
                        alive.put(opened, clock);
                        last.put(opened, -1L);
                    } catch (OverloadedException allTaken) {
                        alive.values().forEach(c -> c.running.advance(Duration.ofSeconds(3)));
                    }
                }
                case 1 -> {
                    if (one != null) {
                        one.close();
                        assertThatThrownBy(one::next).hasMessageContaining("it is closed");
                        alive.remove(one);
                    }
                }
                case 2 -> alive.values().forEach(clock -> clock.running.advance(Duration.ofSeconds(random.nextInt(9))));
                case 3 -> {
                    // Only this one's time goes on, so that others take it for dead or it takes them for dead.
                    if (one != null) {
                        alive.get(one).running.advance(Duration.ofSeconds(random.nextInt(40)));
                    }
                }
                case 4 -> {
                    if (one != null) {
                        Clock clock = alive.get(one);
                        clock.set = clock.set.plusSeconds(random.nextInt(-30, 30));
                    }
                }
                default -> {
                    for (IdGenerator generator : some) {
                        for (int burst = random.nextInt(20); burst > 0; burst--) {
                            try {
                                long id = generator.next();
                                assertThat(made.add(id))
                                        .as("seed %d: %s made again", seed, id)
                                        .isTrue();
                                assertThat(id).isNotNegative();
                                // Rises also when the node changed, to the millisecond.
                                assertThat(id >>> 22).isGreaterThanOrEqualTo(last.put(generator, id) >> 22);
                            } catch (UnavailableException notNow) {
                                break;
                            }
                        }
                    }
                }
            }
        }
    }

    @Example
    void isUniqueAmongThreadsAndAllocatesNothing() throws Exception {
        IdGenerator ids = IdGenerator.of(IdLayout.since(EPOCH))
                .node(5)
                .maxAhead(Duration.ofHours(1))
                .open();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<long[]>> racing = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                racing.add(threads.submit(() -> {
                    long[] mine = new long[100_000];
                    for (int i = 0; i < mine.length; i++) {
                        mine[i] = ids.next();
                        assertThat(i > 0 && mine[i] <= mine[i - 1]).isFalse();
                    }
                    return mine;
                }));
            }
            long[] all = new long[400_000];
            for (int thread = 0; thread < 4; thread++) {
                System.arraycopy(racing.get(thread).get(), 0, all, thread * 100_000, 100_000);
            }
            assertThat(Arrays.stream(all).distinct().count()).isEqualTo(all.length);
        } finally {
            threads.shutdownNow();
        }
        var memory = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = memory.getCurrentThreadAllocatedBytes();
        long sum = 0;
        for (int i = 0; i < 500_000; i++) {
            sum += ids.next();
        }
        long allocated = memory.getCurrentThreadAllocatedBytes() - before;
        assertThat(sum).isNotZero();
        // A reading of the wall clock a second, no more.
        assertThat(allocated).isLessThan(50_000);
    }

    /** The id of a tweet of 28 June 2022, 16:07:40.105, taken apart in en.wikipedia.org/wiki/Snowflake_ID. */
    @Example
    void readsASnowflake() {
        IdLayout twitter = IdLayout.since(Instant.ofEpochMilli(1288834974657L));
        long id = 1541815603606036480L;
        assertThat(twitter.time(id)).isEqualTo(Instant.parse("2022-06-28T16:07:40.105Z"));
        assertThat(twitter.node(id)).isEqualTo(378);
        assertThat(twitter.sequence(id)).isZero();
        assertThat(twitter.first(twitter.time(id))).isLessThanOrEqualTo(id);
        assertThat(twitter.first(twitter.time(id).plusMillis(1))).isGreaterThan(id);
        assertThatIllegalArgumentException().isThrownBy(() -> twitter.first(Instant.EPOCH));
        assertThatIllegalArgumentException().isThrownBy(() -> new IdLayout(EPOCH, 17));
        assertThatIllegalArgumentException().isThrownBy(() -> new IdLayout(EPOCH.plusNanos(5), 10));
    }

    @Example
    void keepsItsNodeWhileItLivesAndLeavesItAtOnce() {
        VersionedRegister<NodeClaims> register = Registers.inMemory("ids");
        Clock clock = new Clock();
        IdGenerator first = leased(register, clock);
        IdGenerator second = leased(register, clock);
        assertThat(first.node()).isZero();
        assertThat(second.node()).isOne();
        assertThatThrownBy(() -> leased(register, clock))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("all 2 node numbers are taken");
        clock.running.advance(Duration.ofHours(5));
        assertThat(first.node()).isZero();
        first.next();
        NodeClaims claims = register.read().orElseThrow().value();
        assertThat(NodeClaims.codec().decode(NodeClaims.codec().encode(claims))).isEqualTo(claims);
        first.close();
        first.close();
        clock.running.advance(Duration.ofMillis(2));
        assertThat(leased(register, clock).node()).isZero();
        assertThatThrownBy(() -> IdGenerator.of(IdLayout.since(EPOCH))
                        .nodesFrom(register)
                        .scheduler(clock.running)
                        .time(clock)
                        .open())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("nodeBits=10");
    }

    /**
     * A caller has read its node and is paused; meanwhile the generator is closed, and another process takes the node and
     * makes ids. Whoever goes on then gets nothing, least of all an id that the other one made.
     */
    @Example
    void makesNothingForACallerWhoWasPausedWhileItWasClosed() {
        VersionedRegister<NodeClaims> register = Registers.inMemory("ids");
        Clock clock = new Clock();
        AtomicReference<Runnable> pause = new AtomicReference<>(() -> {});
        TimeSource pausing = new TimeSource() {
            @Override
            public long nanoTime() {
                // The first thing a caller does after reading which node it has.
                pause.getAndSet(() -> {}).run();
                return clock.nanoTime();
            }

            @Override
            public Instant now() {
                return clock.now();
            }
        };
        IdGenerator closing = IdGenerator.of(new IdLayout(EPOCH, 1))
                .nodesFrom(register)
                .scheduler(clock.running)
                .time(pausing)
                .open();
        assertThat(leased(register, clock).node()).as("the other node is taken").isOne();
        long last = closing.next();
        List<Long> others = new ArrayList<>();
        pause.set(() -> {
            closing.close();
            clock.running.advance(Duration.ofMillis(2));
            IdGenerator successor = leased(register, clock);
            assertThat(successor.node()).isZero();
            others.add(successor.next());
        });
        assertThatThrownBy(closing::next)
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("it is closed");
        assertThat(others).singleElement().satisfies(id -> assertThat(id).isGreaterThan(last));
    }

    @Example
    void storesClaimsAsText() {
        NodeClaims claims = new NodeClaims(
                new IdLayout(EPOCH, 10), 7, Map.of(0, new Claim(3, 900, "app 1"), 5, new Claim(7, 1_000, "b")));
        byte[] golden = "id-nodes-1 2026-01-01T00:00:00Z 10 7\n0 3 900 app+1\n5 7 1000 b\n".getBytes();
        assertThat(NodeClaims.codec().encode(claims)).isEqualTo(golden);
        assertThat(NodeClaims.codec().decode(golden)).isEqualTo(claims);
        for (int length = 0; length < golden.length; length++) {
            byte[] cut = Arrays.copyOf(golden, length);
            if (length == 37 || length == 51) {
                continue;
            }
            assertThatIllegalArgumentException()
                    .as("%d bytes", length)
                    .isThrownBy(() -> NodeClaims.codec().decode(cut));
        }
    }

    @Example
    void reportsEveryProblemAtOnce() {
        assertThatThrownBy(() -> IdGenerator.of(IdLayout.since(EPOCH))
                        .maxAhead(Duration.ZERO)
                        .open())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        problem -> assertThat(problem.problems())
                                .containsExactly(
                                        "node: -1 (expected: 0 to 1023; call node(...) or nodesFrom(...))",
                                        "maxAhead: PT0S (expected: 1 ms to 1 day)"));
        assertThatThrownBy(() -> IdGenerator.of(IdLayout.since(EPOCH))
                        .node(5)
                        .nodesFrom(Registers.inMemory("ids"))
                        .window(Duration.ZERO)
                        .open())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        problem -> assertThat(problem.problems()).hasSize(3));
    }

    private static IdGenerator leased(VersionedRegister<NodeClaims> register, Clock clock) {
        return IdGenerator.of(new IdLayout(EPOCH, 1))
                .nodesFrom(register)
                .scheduler(clock.running)
                .time(clock)
                .observer(Observer.none())
                .open();
    }
}
