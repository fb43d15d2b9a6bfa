package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Exchanges of every kind, and how they lead to each other. */
class RoutingTest {

    private final Bench bench = new Bench();
    private final Broker broker = bench.broker;
    private final Queue<String> one = broker.queue("one", String.class);
    private final Queue<String> two = broker.queue("two", String.class);

    private static Confirm confirm(Exchange<String> exchange, String key, String body) {
        return Bench.now(exchange.publish(key, body));
    }

    @Test
    void exchangeToExchange() {
        Exchange<String> first = broker.topicExchange("first", String.class);
        Exchange<String> second = broker.directExchange("second", String.class);
        first.bind(second, "eu.#");
        second.bind(one, "eu.order");

        assertThat(confirm(first, "eu.order", "a")).isEqualTo(Confirm.ROUTED);
        assertThat(confirm(first, "us.order", "b")).isEqualTo(Confirm.UNROUTED);
        assertThat(confirm(first, "eu.other", "c")).isEqualTo(Confirm.UNROUTED);
        assertThat(one.inspect().ready()).isEqualTo(1);
        assertThat(first.unbind(second, "eu.#")).isTrue();
        assertThat(confirm(first, "eu.order", "d")).isEqualTo(Confirm.UNROUTED);
    }

    @Test
    void circlesOfExchangesAreSafeAndAQueueGetsOneCopyHoweverManyPathsLeadToIt() {
        Exchange<String> a = broker.fanoutExchange("a", String.class);
        Exchange<String> b = broker.fanoutExchange("b", String.class);
        a.bind(b, "");
        b.bind(a, "");
        a.bind(one);
        b.bind(one);
        b.bind(one, "again");

        assertThat(confirm(a, "k", "m")).isEqualTo(Confirm.ROUTED);
        assertThat(one.inspect().ready()).isEqualTo(1);
    }

    @Test
    void alternateExchangeGetsWhatHasNoBinding() {
        Exchange<String> rest = broker.fanoutExchange("rest", String.class);
        rest.bind(two);
        Exchange<String> main =
                broker.exchange(Exchange.Kind.DIRECT, "main", String.class, options -> options.alternate("rest"));
        main.bind(one, "known");
        confirm(main, "known", "a");
        confirm(main, "unknown", "b");

        assertThat(one.browse(9)).extracting(Message::body).containsExactly("a");
        assertThat(two.browse(9)).extracting(Message::body).containsExactly("b");
        rest.delete();
        assertThat(confirm(main, "unknown", "c")).isEqualTo(Confirm.UNROUTED);
    }

    @Test
    void mandatoryMessagesComeBackBeforeTheirConfirm() {
        Exchange<String> direct = broker.directExchange("direct", String.class);
        List<String> back = new ArrayList<>();
        direct.onReturn(message -> back.add(message.routingKey() + "=" + message.body()));

        assertThat(Bench.now(direct.publish("k", Message.of("m").mandatory()))).isEqualTo(Confirm.UNROUTED);
        confirm(direct, "k", "not mandatory");
        assertThat(back).containsExactly("k=m");
    }

    @Test
    void furtherKeysInTheHeadersRouteAndBlindOnesAreNotSeen() {
        Exchange<String> direct = broker.directExchange("direct", String.class);
        direct.bind(one, "one");
        direct.bind(two, "two");
        direct.publish("none", Message.of("m").header("CC", List.of("one")).header("BCC", List.of("two", "one")));

        assertThat(one.browse(9))
                .singleElement()
                .satisfies(message -> assertThat(message.headers()).containsOnlyKeys("CC"));
        assertThat(two.inspect().ready()).isEqualTo(1);
    }

    @Test
    void aHashExchangeSendsAKeyToOneQueueAlways() {
        Exchange<String> hash = broker.hashExchange("hash", String.class);
        hash.bind(one, "1");
        hash.bind(two, "1");
        for (int i = 0; i < 50; i++) {
            confirm(hash, "same", "m");
        }
        assertThat(List.of(one.inspect().ready(), two.inspect().ready())).containsExactlyInAnyOrder(0, 50);
        assertThatThrownBy(() -> hash.bind(one, "x")).hasMessageContaining("bindingKey: x (expected: a weight");
        assertThatThrownBy(() -> hash.bind(one, "2")).hasMessageContaining("bindingKey: 2 (expected: 1,");
    }

    @Test
    void aHeadersExchangeComparesHeaders() {
        Exchange<String> headers = broker.headersExchange("headers", String.class);
        headers.bind(one, "", Map.of("x-match", "any", "kind", "order", "vip", true));

        assertThat(Bench.now(headers.publish("", "a", Map.of("vip", true)))).isEqualTo(Confirm.ROUTED);
        assertThat(Bench.now(headers.publish("", "b", Map.of("vip", false)))).isEqualTo(Confirm.UNROUTED);
        assertThatThrownBy(() -> headers.bind(one, "", Map.of("x-match", "some")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("x-match: some");
    }

    /** Those of RabbitMQ's unit_topic_binding_validation_SUITE.erl. */
    @Test
    void atMostTwoWordsOfABindingKeyStandForAnyNumber() {
        Exchange<String> topic = broker.topicExchange("topic", String.class);
        for (String key : List.of("", "a.b.c", "*.*.*", "#", "a.#", "#.#", "#.a.#", "a#b", "##.##.##")) {
            topic.bind(one, key);
        }
        for (String key : List.of("#.#.#", "#.*.#.*.#", "a.#.b.#.c.#", "#.#.#.#", "#.".repeat(60) + "#")) {
            assertThatThrownBy(() -> topic.bind(one, key)).hasMessageContaining("at most 2 words #");
        }
    }

    @Test
    void aDeletedQueueIsUnboundEverywhereAndItsConsumersAreTold() {
        Exchange<String> direct = broker.directExchange("direct", String.class);
        direct.bind(one, "k");
        List<String> told = new ArrayList<>();
        Consumer consumer = one.consume(options -> options.manual().onCancel(() -> told.add("gone")), told2 -> {});
        confirm(direct, "k", "held");

        assertThat(one.delete(Queue.DeleteIf.UNUSED)).isFalse();
        assertThat(one.delete(Queue.DeleteIf.EMPTY)).isFalse();
        assertThat(one.delete()).isTrue();
        assertThat(one.delete()).isTrue();
        assertThat(told).containsExactly("gone");
        assertThat(consumer.isOpen()).isFalse();
        assertThat(confirm(direct, "k", "late")).isEqualTo(Confirm.UNROUTED);
        assertThatThrownBy(() -> direct.bind(one, "k"))
                .hasMessageContaining("queue one cannot be bound: it is deleted");
        assertThatThrownBy(() -> one.consume(1, delivery -> {})).hasMessageContaining("it is deleted");
        assertThat(broker.queue("one", String.class)).isNotSameAs(one);
    }

    @Test
    void aDeletedExchangeTakesNothing() {
        Exchange<String> direct = broker.directExchange("direct", String.class);
        direct.bind(one, "k");
        assertThat(direct.deleteIfUnused()).isFalse();
        direct.delete();
        assertThatThrownBy(() -> direct.publish("k", "m"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("exchange 'direct' is deleted");
        assertThat(broker.topicExchange("direct", String.class).kind()).isEqualTo(Exchange.Kind.TOPIC);
    }

    @Test
    void anAutoDeleteExchangeGoesWithItsLastBinding() {
        Exchange<String> temporary =
                broker.exchange(Exchange.Kind.FANOUT, "temporary", String.class, Exchange.Options::autoDelete);
        temporary.bind(one);
        temporary.bind(two);
        one.delete();
        confirm(temporary, "", "m");
        temporary.unbind(two, "");
        assertThatThrownBy(() -> temporary.publish("", "m")).hasMessageContaining("is deleted");
    }

    @Test
    void anExchangeDeclaredDifferentlyIsRefusedWithTheArgumentNamed() {
        broker.exchange(Exchange.Kind.DIRECT, "x", String.class, options -> options.alternate("rest"));
        assertThatThrownBy(() -> broker.directExchange("x", String.class))
                .hasMessageContaining("alternate: null (expected: rest, as it was declared first)");
    }
}
