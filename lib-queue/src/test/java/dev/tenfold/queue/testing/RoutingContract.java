package dev.tenfold.queue.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Exchange.Kind;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.Queue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Where messages go, and what their publisher hears of it. Numbers are those of {@link BrokerContract}. */
abstract class RoutingContract extends BrokerHarness {

    @Test
    @DisplayName("[1] direct: routes by the key it was bound with")
    void routesByTheKeyItWasBoundWith() throws Exception {
        Exchange<String> direct = exchange(Kind.DIRECT, "direct");
        Queue<String> red = queue("red");
        Queue<String> both = queue("both");
        direct.bind(red, "red");
        direct.bind(both, "red");
        direct.bind(both, "blue");
        assertThat(done(direct.publish("red", "1"))).isEqualTo(Confirm.ROUTED);
        assertThat(done(direct.publish("blue", "2"))).isEqualTo(Confirm.ROUTED);
        assertUnrouted(direct.publish("green", "3"));
        assertThat(all(red)).containsExactly("1");
        assertThat(all(both)).containsExactly("1", "2");
        direct.unbind(both, "blue");
        assertUnrouted(direct.publish("blue", "4"));
    }

    @Test
    @DisplayName("[1] fanout: routes to everything bound, whatever the key")
    void fansOut() throws Exception {
        Exchange<String> fanout = exchange(Kind.FANOUT, "fanout");
        Queue<String> a = queue("a");
        Queue<String> b = queue("b");
        fanout.bind(a);
        fanout.bind(b);
        done(fanout.publish("whatever", "1"));
        assertThat(take(a)).isEqualTo("1");
        assertThat(take(b)).isEqualTo("1");
    }

    @Test
    @DisplayName("[1] topic: routes by pattern and once to a queue; # matches the empty key")
    void routesByPatternAndOnceToAQueue() throws Exception {
        Exchange<String> topic = exchange(Kind.TOPIC, "topic");
        Queue<String> queue = queue("q");
        Queue<String> every = queue("every");
        topic.bind(queue, "order.*.created");
        topic.bind(queue, "order.#");
        topic.bind(every, "#");
        done(topic.publish("order.eu.created", "1"));
        done(topic.publish("order", "2"));
        done(topic.publish("invoice", "3"));
        done(topic.publish("", "4"));
        assertThat(all(queue)).containsExactly("1", "2");
        assertThat(all(every)).containsExactly("1", "2", "3", "4");
    }

    @Test
    @DisplayName("[1] headers: all or any of them")
    void routesByHeaders() throws Exception {
        Exchange<String> headers = exchange(Kind.HEADERS, "headers");
        Queue<String> both = queue("both");
        Queue<String> either = queue("either");
        headers.bind(both, "", Map.of("x-match", "all", "format", "pdf", "pages", 3));
        headers.bind(either, "", Map.of("x-match", "any", "format", "pdf", "pages", 3));
        done(headers.publish("", "1", Map.of("format", "pdf", "pages", 3)));
        done(headers.publish("", "2", Map.of("format", "pdf", "pages", 4)));
        assertUnrouted(headers.publish("", "3", Map.of("format", "txt")));
        assertThat(all(both)).containsExactly("1");
        assertThat(all(either)).containsExactly("1", "2");
    }

    @Test
    @DisplayName(
            "[1] headers: those that start with x- count only with all-with-x and any-with-x; null asks for the name")
    void comparesHeadersThatStartWithXWhereAskedTo() throws Exception {
        needs(Capability.WIDE_HEADERS);
        Exchange<String> headers = exchange(Kind.HEADERS, "headers");
        Queue<String> plain = queue("plain");
        Queue<String> all = queue("all");
        Queue<String> any = queue("any");
        Queue<String> named = queue("named");
        headers.bind(plain, "", Map.of("x-match", "all", "x-kind", "a", "size", 1));
        headers.bind(all, "", Map.of("x-match", "all-with-x", "x-kind", "a", "size", 1));
        headers.bind(any, "", Map.of("x-match", "any-with-x", "x-kind", "a", "size", 1));
        Map<String, Object> name = new HashMap<>(Map.of("x-match", "all"));
        name.put("colour", null);
        headers.bind(named, "", name);
        done(headers.publish("", "1", Map.of("x-kind", "a", "size", 1)));
        done(headers.publish("", "2", Map.of("x-kind", "b", "size", 1)));
        done(headers.publish("", "3", Map.of("x-kind", "a", "size", 2)));
        done(headers.publish("", "4", Map.of("colour", "red")));
        assertThat(all(plain)).containsExactly("1", "2");
        assertThat(all(all)).containsExactly("1");
        assertThat(all(any)).containsExactly("1", "2", "3");
        assertThat(all(named)).containsExactly("4");
    }

    @Test
    @DisplayName("[1] default exchange: routes to the queue of that name")
    void routesToTheQueueOfThatName() throws Exception {
        Queue<String> queue = queue("q");
        assertThat(send(queue, "1")).isEqualTo(Confirm.ROUTED);
        assertUnrouted(broker.defaultExchange(String.class).publish(prefix + "nobody", "2"));
        assertThat(all(queue)).containsExactly("1");
    }

    @Test
    @DisplayName("[2] exchange to exchange: with the same key, and in circles")
    void routesThroughOtherExchanges() throws Exception {
        needs(Capability.EXCHANGE_BINDINGS);
        Exchange<String> front = exchange(Kind.DIRECT, "front");
        Exchange<String> back = exchange(Kind.TOPIC, "back");
        Queue<String> queue = queue("q");
        front.bind(back, "order.new");
        back.bind(front, "#");
        back.bind(queue, "order.*");
        front.bind(queue, "order.new");
        assertThat(done(front.publish("order.new", "1"))).isEqualTo(Confirm.ROUTED);
        assertUnrouted(front.publish("order.old", "2"));
        front.unbind(back, "order.new");
        front.unbind(queue, "order.new");
        assertUnrouted(front.publish("order.new", "3"));
        assertThat(all(queue)).containsExactly("1");
    }

    @Test
    @DisplayName("[3] alternate exchange: gets what has no binding, with the same key")
    void routesToTheAlternateWhatHasNoBinding() throws Exception {
        needs(Capability.ALTERNATE_EXCHANGES);
        Exchange<String> lost = exchange(Kind.FANOUT, "lost");
        Exchange<String> front =
                broker.exchange(Kind.DIRECT, prefix + "front", String.class, options -> options.alternate(lost.name()));
        exchanges.add(0, front);
        Queue<String> queue = queue("q");
        Queue<String> unclaimed = queue("unclaimed");
        front.bind(queue, "order.new");
        lost.bind(unclaimed);
        assertThat(done(front.publish("order.new", "1"))).isEqualTo(Confirm.ROUTED);
        assertThat(done(front.publish("order.old", "2"))).isEqualTo(Confirm.ROUTED);
        assertThat(all(queue)).containsExactly("1");
        var found = next(unclaimed);
        assertThat(found.body()).isEqualTo("2");
        assertThat(found.routingKey()).isEqualTo("order.old");
        done(found.ack());
    }

    @Test
    @DisplayName("[4] mandatory: returned, then confirmed")
    void returnsAMandatoryMessageBeforeItsConfirm() throws Exception {
        needs(Capability.RETURN_BEFORE_CONFIRM);
        Exchange<String> direct = exchange(Kind.DIRECT, "direct");
        List<String> returned = new ArrayList<>();
        direct.onReturn(message -> returned.add(message.body() + " by " + message.routingKey()));
        assertThat(done(direct.publish("nowhere", Message.of("1").mandatory()))).isEqualTo(Confirm.UNROUTED);
        assertThat(returned).containsExactly("1 by nowhere");
        done(direct.publish("nowhere", Message.of("2")));
        assertThat(returned).hasSize(1);
    }

    @Test
    @DisplayName("[5] confirms: each of many messages under way, one by one and as a batch")
    void confirmsEachOfManyMessages() throws Exception {
        Queue<String> queue = queue("q");
        Exchange<String> exchange = broker.defaultExchange(String.class);
        List<CompletionStage<Confirm>> confirms = new ArrayList<>();
        List<String> sent = new ArrayList<>();
        List<Message<String>> batch = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sent.add("m" + i);
            if (i < 50) {
                confirms.add(exchange.publish(queue.name(), "m" + i));
            } else {
                batch.add(Message.of("m" + i));
            }
        }
        confirms.addAll(exchange.publishAll(queue.name(), batch));
        for (CompletionStage<Confirm> each : confirms) {
            assertThat(done(each)).isEqualTo(Confirm.ROUTED);
        }
        assertThat(all(queue)).isEqualTo(sent);
    }

    @Test
    @DisplayName("[20] CC and BCC: further keys; consumers see CC and not BCC")
    void routesByFurtherKeys() throws Exception {
        needs(Capability.CARBON_COPIES);
        Exchange<String> direct = exchange(Kind.DIRECT, "direct");
        Queue<String> to = queue("to");
        Queue<String> copy = queue("copy");
        Queue<String> blind = queue("blind");
        direct.bind(to, "to");
        direct.bind(copy, "copy");
        direct.bind(blind, "blind");
        done(direct.publish("to", "1", Map.of(Message.CC, List.of("copy", "to"), Message.BCC, List.of("blind"))));
        assertThat(take(to)).isEqualTo("1");
        assertThat(to.poll()).isEmpty();
        assertThat(take(copy)).isEqualTo("1");
        var found = next(blind);
        assertThat(found.headers())
                .containsEntry(Message.CC, List.of("copy", "to"))
                .doesNotContainKey(Message.BCC);
        done(found.ack());
    }

    @Test
    @DisplayName("[22] another declaration of a name: refused, naming what differs")
    void refusesAnotherDeclarationOfAName() {
        queue("q");
        assertThatThrownBy(() -> broker.queue(prefix + "q", String.class, options -> options.maxLength(5)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("maxLength");
        exchange(Kind.DIRECT, "x");
        assertThatThrownBy(() -> broker.topicExchange(prefix + "x", String.class))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("DIRECT");
        assertThatThrownBy(() -> broker.queue("amq.mine", String.class))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("amq.");
    }
}
