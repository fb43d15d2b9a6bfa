package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.testing.RandomTopology;
import dev.tenfold.queue.testing.RandomTopology.Flavour;
import dev.tenfold.queue.testing.RandomTopology.Outcome;
import dev.tenfold.queue.testing.RandomTopology.Stage;
import dev.tenfold.queue.testing.TopologyModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import net.jqwik.api.JqwikException;
import net.jqwik.api.sessions.JqwikSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random topologies and streams of messages: the same deliveries over the wire as on disk and in the plainest model. Run one
 * again with {@code -Dtenfold.seed=...}.
 */
@Timeout(120)
final class RemoteTopologyTest {

    private static final int TRIES_ON_RABBIT = Integer.getInteger("tenfold.tries", 40);
    private static final long SEED = Long.getLong("tenfold.seed", System.nanoTime());

    @ParameterizedTest
    @EnumSource(names = {"LIMITED", "TIMED"})
    @EnabledIfEnvironmentVariable(
            named = "TENFOLD_RABBITMQ",
            matches = "amqps?://.+",
            disabledReason = "TENFOLD_RABBITMQ names no RabbitMQ")
    void rabbitMqDeliversWhatTheModelAndTheDiskDo(Flavour flavour, @TempDir Path folder) {
        compare(System.getenv("TENFOLD_RABBITMQ"), folder, flavour, TRIES_ON_RABBIT, outcome -> outcome);
    }

    /** Without what AMQP alone does not have. Qpid refuses what leads nowhere. */
    @Test
    void qpidDeliversWhatTheModelAndTheDiskDo(@TempDir Path folder, @TempDir Path journal) throws Exception {
        try (EmbeddedQpid qpid = new EmbeddedQpid(folder)) {
            compare(qpid.uri(), journal, Flavour.PLAIN, 25, outcome -> {
                List<String> answers = outcome.answers().stream()
                        .map(each -> each.equals("UNROUTED") ? "REJECTED" : each)
                        .toList();
                return new Outcome(answers, outcome.left(), outcome.dead());
            });
        }
    }

    private static void compare(String uri, Path journal, Flavour flavour, int tries, UnaryOperator<Outcome> adapted) {
        JqwikSession.run(() -> {
            var topologies = RandomTopology.any(flavour).generator(1_000, true);
            Random random = new Random(SEED);
            try (Broker durable = Broker.builder().observer(Observer.none()).durable(journal);
                    Broker remote = RabbitBroker.connect(
                            uri, options -> options.broker(Broker.builder().observer(Observer.none())))) {
                for (int i = 0; i < tries; i++) {
                    RandomTopology topology = topologies.next(random).value();
                    Outcome counted = TopologyModel.play(topology, true);
                    int dead = counted.dead().values().stream()
                            .mapToInt(List::size)
                            .sum();
                    String prefix = "topology-" + ProcessHandle.current().pid() + "-" + flavour + i + "-";
                    String what = "seed " + SEED + ", try " + i + ": " + topology;
                    assertThat(topology.play(durable, new Stage(prefix, dead, true, RemoteTopologyTest::pass)))
                            .as(what)
                            .isEqualTo(counted);
                    assertThat(topology.play(remote, new Stage(prefix, dead, false, RemoteTopologyTest::pass)))
                            .as(what)
                            .isEqualTo(adapted.apply(TopologyModel.play(topology, false)));
                }
            } catch (RuntimeException | Error failure) {
                throw failure;
            } catch (Exception failure) {
                throw new JqwikException("seed " + SEED, failure);
            }
        });
    }

    /** Time can only be waited for where the clock is another process's. */
    private static void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
