package dev.tenfold.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class PollingTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<Long> asked = new ArrayList<>();
    private final Told<String> told = new Told<>();
    private List<Endpoint<String>> registry = endpoints("a", "b");
    private IOException failure;

    @Test
    void tellsThePresentOnesAtOnceAndThenOnlyChanges() {
        try (Discovery.Watch watch = watch(Runnable::run)) {
            assertThat(told.ids()).containsExactly("a", "b");
            time.advance(Duration.ofMinutes(5));
            assertThat(told.times).isEqualTo(1);
            registry = endpoints("b", "c");
            time.advance(Duration.ofSeconds(11));
            assertThat(told.ids()).containsExactly("b", "c");
            assertThat(told.times).isEqualTo(2);
        }
        assertThat(asked).hasSizeBetween(28, 36);
        for (int i = 1; i < asked.size(); i++) {
            assertThat(asked.get(i) - asked.get(i - 1)).isBetween(9_000_000_000L, 11_000_000_000L);
        }
        assertThat(time.pending()).as("closing stops the polling").isZero();
    }

    @Test
    void failuresAreToldAndTriedAgainAfterGrowingBoundedPauses() {
        failure = new IOException("registry is down");
        try (Discovery.Watch watch = watch(Runnable::run)) {
            assertThat(told.found).isEmpty();
            assertThat(told.failures).containsExactly(failure);
            time.advance(Duration.ofMinutes(10));
            List<Long> pauses = new ArrayList<>();
            for (int i = 1; i < asked.size(); i++) {
                pauses.add((asked.get(i) - asked.get(i - 1)) / 1_000_000);
            }
            assertThat(pauses.get(0)).isBetween(500L, 1_000L);
            assertThat(pauses.get(3)).isBetween(4_000L, 8_000L);
            assertThat(pauses.subList(8, pauses.size())).allMatch(pause -> pause >= 30_000 && pause <= 60_000);
            failure = null;
            time.advance(Duration.ofSeconds(60));
            assertThat(told.ids()).containsExactly("a", "b");
            failure = new IOException("again");
            time.advance(Duration.ofSeconds(11));
            failure = null;
            time.advance(Duration.ofSeconds(10));
            assertThat(told.times).as("told again after a failure, so that it is known to be over").isEqualTo(2);
        }
    }

    @Test
    void anAnswerWithoutEndpointsIsAFailure() {
        try (Discovery.Watch watch = watch(Runnable::run)) {
            registry = List.of();
            time.advance(Duration.ofSeconds(11));
            assertThat(told.ids()).containsExactly("a", "b");
            assertThat(told.failures.get(0)).hasMessage("the answer holds no endpoints");
        }
    }

    @Test
    void anExecutorThatIsFullIsAFailureAndAClosedSchedulerTheLast() {
        boolean[] full = {true};
        try (Discovery.Watch watch = watch(task -> {
            if (full[0]) {
                throw new RejectedExecutionException("full");
            }
            task.run();
        })) {
            assertThat(told.failures.get(0)).hasMessage("full");
            full[0] = false;
            time.advance(Duration.ofSeconds(2));
            assertThat(told.ids()).containsExactly("a", "b");
        }
        DiscoveryContext closed = new DiscoveryContext(
                (delay, task) -> {
                    throw new RejectedExecutionException("closed");
                },
                Runnable::run,
                Chance.seeded(5));
        Discoveries.polling(() -> registry, Duration.ofSeconds(1)).watch(told, closed);
        assertThat(told.failures).hasSize(2).last().extracting(Throwable::getMessage).isEqualTo("closed");
    }

    @Test
    void mappedTargetsAreMadeOnceForWhoStays() {
        List<String> made = new ArrayList<>();
        Told<Integer> lengths = new Told<>();
        Discovery<Integer> mapped = Discoveries.polling(() -> registry, Duration.ofSeconds(10)).map(endpoint -> {
            made.add(endpoint.id());
            return endpoint.target().length();
        });
        registry = List.of(
                Endpoint.of("a", "one").withWeight(3), Endpoint.of("b", "three"));
        try (Discovery.Watch watch = mapped.watch(lengths, context(Runnable::run))) {
            assertThat(lengths.found).extracting(Endpoint::target).containsExactly(3, 5);
            assertThat(lengths.found.get(0).weight()).isEqualTo(3);
            registry = List.of(registry.get(0), Endpoint.of("b", "fourteen"), Endpoint.of("c", ""));
            time.advance(Duration.ofSeconds(11));
            assertThat(made).containsExactly("a", "b", "b", "c");
            registry = List.of(new Endpoint<>("d", null, 1, registry.get(0).locality(), java.util.Map.of()));
            time.advance(Duration.ofSeconds(11));
            assertThat(lengths.failures).hasSize(1);
            assertThat(lengths.found).hasSize(3);
        }
    }

    @Test
    void fixedOnesAreToldDuringTheCall() {
        Discoveries.fixed(registry).watch(told, context(Runnable::run)).close();
        assertThat(told.ids()).containsExactly("a", "b");
        assertThatThrownBy(() -> Discoveries.polling(() -> registry, Duration.ZERO))
                .isInstanceOf(InvalidConfigurationException.class);
    }

    private Discovery.Watch watch(Executor executor) {
        return Discoveries.polling(
                        () -> {
                            asked.add(time.nanoTime());
                            if (failure != null) {
                                throw failure;
                            }
                            return registry;
                        },
                        Duration.ofSeconds(10))
                .watch(told, context(executor));
    }

    private DiscoveryContext context(Executor executor) {
        return new DiscoveryContext(time, executor, Chance.seeded(5));
    }

    private static List<Endpoint<String>> endpoints(String... ids) {
        List<Endpoint<String>> endpoints = new ArrayList<>();
        for (String id : ids) {
            endpoints.add(Endpoint.of(id));
        }
        return endpoints;
    }
}
