package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Observer;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.testing.RandomTopology;
import dev.tenfold.queue.testing.RandomTopology.Outcome;
import dev.tenfold.queue.testing.TopologyModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import net.jqwik.api.JqwikException;
import net.jqwik.api.sessions.JqwikSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random topologies and streams of messages: the same deliveries over the wire as on disk and in the plainest model. Run one
 * again with {@code -Dtenfold.seed=...}.
 */
@Timeout(120)
final class RemoteTopologyTest {

    private static final long SEED = Long.getLong("tenfold.seed", System.nanoTime());

    @Test
    @EnabledIfEnvironmentVariable(
            named = "TENFOLD_RABBITMQ",
            matches = "amqps?://.+",
            disabledReason = "TENFOLD_RABBITMQ names no RabbitMQ")
    void rabbitMqDeliversWhatTheModelAndTheDiskDo(@TempDir Path folder) {
        compare(System.getenv("TENFOLD_RABBITMQ"), folder, false, 40, outcome -> outcome);
    }

    /** Without what AMQP alone does not have. Qpid refuses what leads nowhere. */
    @Test
    void qpidDeliversWhatTheModelAndTheDiskDo(@TempDir Path folder, @TempDir Path journal) throws Exception {
        try (EmbeddedQpid qpid = new EmbeddedQpid(folder)) {
            compare(qpid.uri(), journal, true, 25, outcome -> {
                List<String> answers = outcome.answers().stream()
                        .map(each -> each.equals("UNROUTED") ? "REJECTED" : each)
                        .toList();
                return new Outcome(answers, outcome.left(), outcome.dead());
            });
        }
    }

    private static void compare(String uri, Path journal, boolean plain, int tries, UnaryOperator<Outcome> adapted) {
        JqwikSession.run(() -> {
            var topologies = RandomTopology.any(plain).generator(1_000, true);
            Random random = new Random(SEED);
            try (Broker durable = Broker.builder().observer(Observer.none()).durable(journal);
                    Broker remote = RabbitBroker.connect(
                            uri, options -> options.broker(Broker.builder().observer(Observer.none())))) {
                for (int i = 0; i < tries; i++) {
                    RandomTopology topology = topologies.next(random).value();
                    Outcome expected = TopologyModel.play(topology);
                    int dead = expected.dead().values().stream()
                            .mapToInt(List::size)
                            .sum();
                    String prefix = "topology-" + ProcessHandle.current().pid() + "-" + i + "-";
                    String what = "seed " + SEED + ", try " + i + ": " + topology;
                    assertThat(topology.play(durable, prefix, dead)).as(what).isEqualTo(expected);
                    assertThat(topology.play(remote, prefix, dead)).as(what).isEqualTo(adapted.apply(expected));
                }
            } catch (RuntimeException | Error failure) {
                throw failure;
            } catch (Exception failure) {
                throw new JqwikException("seed " + SEED, failure);
            }
        });
    }
}
