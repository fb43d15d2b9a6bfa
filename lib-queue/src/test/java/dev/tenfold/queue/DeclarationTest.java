package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.retry.Backoff;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeclarationTest {

    private final Bench bench = new Bench();
    private final Broker broker = bench.broker;

    @Test
    void declaringTheSameAgainGivesTheSame() {
        Queue<String> queue = broker.queue(
                "q",
                String.class,
                q -> q.maxLength(5).retry(Backoff.fixed(Duration.ofSeconds(1))).deadLetterTo("d"));

        assertThat(broker.queue(
                        "q",
                        String.class,
                        q -> q.retry(Backoff.fixed(Duration.ofSeconds(1)))
                                .deadLetterTo("d")
                                .maxLength(5)))
                .isSameAs(queue);
        assertThat(broker.topicExchange("x", String.class)).isSameAs(broker.topicExchange("x", String.class));
    }

    @Test
    void declaringDifferentlyNamesEveryArgumentThatDiffers() {
        broker.queue("q", String.class, q -> q.maxLength(5));

        assertThatThrownBy(() -> broker.queue(
                        "q",
                        Integer.class,
                        q -> q.maxLength(6).overflow(Overflow.BLOCK).deadLetterTo("d")))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("queue 'q'")
                .hasMessageContaining("type: java.lang.Integer (expected: java.lang.String, as it was declared first)")
                .hasMessageContaining("maxLength: 6 (expected: 5, as it was declared first)")
                .hasMessageContaining("overflow: BLOCK (expected: REJECT, as it was declared first)")
                .hasMessageContaining("deadLetterTo: d (expected: null, as it was declared first)");
        assertThat(broker.defaultExchange(String.class).publish("d", "x")).isCompletedWithValue(Confirm.UNROUTED);

        broker.topicExchange("x", String.class);
        assertThatThrownBy(() -> broker.fanoutExchange("x", String.class))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("kind: FANOUT (expected: TOPIC, as it was declared first)");
    }

    @Test
    void everyProblemIsInOneMessage() {
        assertThatThrownBy(() -> broker.queue(
                        "amq.q",
                        String.class,
                        q -> q.maxLength(0).blockTimeout(Duration.ZERO).deadLetterTo("")))
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        invalid -> assertThat(invalid.problems())
                                .containsExactly(
                                        "name: amq.q (expected: not to start with amq., which RabbitMQ reserves)",
                                        "maxLength: 0 (expected: >= 1)",
                                        "blockTimeout: PT0S (expected: > 0)",
                                        "deadLetterTo:  (expected: 1 to 255 bytes of UTF-8)"));
        assertThatThrownBy(() -> broker.queue("é".repeat(128), String.class))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("1 to 255 bytes");
    }

    @Test
    void theQueueForDeadLettersIsDeclaredAlongAndItsFirstOwnDeclarationDecides() {
        broker.queue("mail", String.class, q -> q.deadLetterTo("dead"));
        Queue<Object> dead =
                broker.queue("dead", Object.class, q -> q.maxLength(3).deadLetterTo("mail.none"));

        assertThat(dead.options().maxLength()).isEqualTo(3);
        assertThatThrownBy(() -> broker.queue("dead", Object.class)).isInstanceOf(InvalidConfigurationException.class);
    }

    @Test
    void aQueueForDeadLettersMustHoldTheirType() {
        broker.queue("numbers", Integer.class);
        assertThatThrownBy(() -> broker.queue("mail", String.class, q -> q.deadLetterTo("numbers")))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining(
                        "deadLetterTo: numbers of java.lang.Integer (expected: one that holds java.lang.String)");

        broker.queue("mail", String.class, q -> q.deadLetterTo("dead"));
        assertThatThrownBy(() -> broker.queue("dead", Integer.class))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("type: java.lang.Integer (expected: one that holds java.lang.String");
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"})
    void bindingChecksTypeBrokerAndKey() {
        Exchange<String> exchange = broker.directExchange("x", String.class);
        Queue<Object> wide = broker.queue("wide", Object.class);
        exchange.bind(wide, "k");
        exchange.publish("k", "text");
        assertThat(wide.inspect().ready()).isEqualTo(1);

        assertThatThrownBy(() -> exchange.bind((Queue) broker.queue("narrow", Integer.class), "k"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("queue: narrow of java.lang.Integer (expected: one that holds java.lang.String)");
        assertThatThrownBy(() -> exchange.bind(new Bench().broker.queue("q", String.class), "k"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("one of this broker");
        assertThatThrownBy(() -> exchange.bind(wide, "k".repeat(256))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> exchange.publish("k".repeat(256), "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> broker.defaultExchange(String.class).bind(wide, "k"))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void aClockWithoutASchedulerIsRefused() {
        assertThatThrownBy(() -> Broker.builder().time(bench.time).inMemory())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("scheduler: null");
    }

    @Test
    void describeAndMeasureShowEverything() {
        Exchange<String> orders = broker.topicExchange("orders", String.class);
        Queue<String> mail = broker.queue("mail", String.class);
        orders.bind(mail, "order.*");
        orders.publish("order.eu", "a");
        orders.publish("other", "b");

        assertThat(broker.describe())
                .contains("exchange orders of java.lang.String: TOPIC\n  'order.*' -> mail\n")
                .contains("queue mail of java.lang.String: maxLength=10000 overflow=REJECT")
                .contains("ready=1");
        assertThat(broker.measurements())
                .filteredOn(measurement -> measurement.value().getAsDouble() > 0)
                .extracting(measurement ->
                        measurement.name() + " " + measurement.value().getAsDouble())
                .containsExactly(
                        "tenfold.exchange.published 2.0",
                        "tenfold.exchange.unrouted 1.0",
                        "tenfold.queue.ready 1.0",
                        "tenfold.queue.published 1.0");
    }
}
