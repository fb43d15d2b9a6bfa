package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class LimitsTest {

    @Test
    void anEndpointAtItsLimitIsNotPicked() {
        LoadBalancer<String> balancer = builder().maximumInFlight(2).build();
        List<Selection<String>> held = hold(balancer, 6);
        assertThat(balancer.members()).allMatch(member -> member.inFlight() == 2);
        assertThatThrownBy(balancer::select)
                .isInstanceOf(OverloadedException.class)
                .hasMessage("load balancer 'limits': every endpoint that takes calls has 2 in flight, as many as"
                        + " maximumInFlight allows");
        assertThatThrownBy(balancer::pick).isInstanceOf(OverloadedException.class);
        assertThatThrownBy(() -> balancer.pick(7)).isInstanceOf(OverloadedException.class);
        assertThat(balancer.refused()).isEqualTo(3);
        String freed = held.get(0).endpoint().id();
        held.get(0).report(Outcome.SUCCESS);
        Member<String> next = balancer.pick();
        assertThat(next.endpoint().id()).isEqualTo(freed);
        next.report(Outcome.SUCCESS);
        held.forEach(Selection::close);
        assertThat(balancer.members()).allMatch(member -> member.inFlight() == 0);
    }

    @Test
    void aFullPoolFailsFastAndRecovers() {
        LoadBalancer<String> balancer = builder().maximumInFlightOfPool(4).build();
        List<Selection<String>> held = hold(balancer, 4);
        assertThatThrownBy(balancer::select)
                .isInstanceOf(OverloadedException.class)
                .hasMessage("load balancer 'limits': 4 calls are in flight, as many as maximumInFlightOfPool allows");
        assertThat(balancer.callAsync(target -> CompletableFuture.completedFuture(target)))
                .failsWithin(java.time.Duration.ofSeconds(1))
                .withThrowableThat()
                .withCauseInstanceOf(OverloadedException.class);
        held.get(3).close();
        held.get(3).close();
        assertThat(balancer.<String, RuntimeException>call(target -> target)).isNotEmpty();
        hold(balancer, 1);
        assertThatThrownBy(balancer::select).isInstanceOf(OverloadedException.class);
    }

    @Test
    void callsOnAnEndpointThatLeftStillFillThePool() {
        LoadBalancer<String> balancer = builder().maximumInFlightOfPool(3).build();
        List<Selection<String>> held = hold(balancer, 3);
        balancer.update(List.of(Endpoint.of("d", "d")));
        assertThatThrownBy(balancer::select).isInstanceOf(OverloadedException.class);
        held.forEach(Selection::close);
        hold(balancer, 3).forEach(Selection::close);
    }

    @Test
    void aRetryGoesToAnEndpointWithRoomOrNowhere() {
        LoadBalancer<String> balancer = builder().maximumInFlight(1).build();
        Selection<String> busy = balancer.select();
        List<String> tried = new ArrayList<>();
        assertThatThrownBy(() -> balancer.idempotent().call(target -> {
                    tried.add(target);
                    throw new IllegalStateException("broken " + target);
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(tried).hasSize(2).doesNotContain(busy.target()).doesNotHaveDuplicates();
    }

    @Test
    void noThreadsPassTheLimits() throws Exception {
        LoadBalancer<String> balancer =
                builder().maximumInFlight(3).maximumInFlightOfPool(7).build();
        Map<String, Integer> index = new HashMap<>(Map.of("a", 0, "b", 1, "c", 2));
        AtomicIntegerArray running = new AtomicIntegerArray(3);
        AtomicInteger all = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger mostOfAll = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(12);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<?>> runs = new ArrayList<>();
            for (int t = 0; t < 12; t++) {
                runs.add(threads.submit(() -> {
                    start.await();
                    for (int i = 0; i < 20_000; i++) {
                        try (Selection<String> selection = balancer.select()) {
                            int place = index.get(selection.target());
                            most.accumulateAndGet(running.incrementAndGet(place), Math::max);
                            mostOfAll.accumulateAndGet(all.incrementAndGet(), Math::max);
                            Thread.yield();
                            all.decrementAndGet();
                            running.decrementAndGet(place);
                            selection.report(Outcome.SUCCESS);
                        } catch (OverloadedException full) {
                            refused.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isLessThanOrEqualTo(3);
        assertThat(mostOfAll.get()).isLessThanOrEqualTo(7);
        assertThat(refused.get()).as("12 threads wanted more than 7").isPositive();
        assertThat(balancer.refused()).isEqualTo(refused.get());
        assertThat(balancer.members()).allMatch(member -> member.inFlight() == 0);
        hold(balancer, 7);
    }

    @Test
    void wrongLimitsAreReported() {
        assertThatThrownBy(() -> builder().maximumInFlight(-1).maximumInFlightOfPool(-1).build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        failure -> assertThat(failure.problems()).hasSize(2));
    }

    private static LoadBalancerBuilder<String> builder() {
        return LoadBalancer.<String>builder("limits")
                .endpoints("a", "b", "c")
                .random(Chance.seeded(3))
                .observer(Observer.none());
    }

    private static List<Selection<String>> hold(LoadBalancer<String> balancer, int count) {
        List<Selection<String>> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            held.add(balancer.select());
        }
        return held;
    }
}
