package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmCallback;
import com.rabbitmq.client.Connection;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.amqp.Wire.Outgoing;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The channel for all publishes, whose other end is in the hands of the test. */
class PublishingTest {

    private final List<FakeChannel> channels = new ArrayList<>();
    private final Publishing publishing = new Publishing(
            (Connection) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                        FakeChannel made = new FakeChannel();
                        channels.add(made);
                        return made.channel;
                    }),
            1_000);

    /** A channel that only notes what is published, and who wants to hear of it. */
    private static final class FakeChannel {

        final Channel channel = (Channel) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Channel.class},
                (proxy, method, arguments) -> answer(method, arguments));
        boolean open = true;
        int published;
        ConfirmCallback taken = (sequence, multiple) -> {};
        ConfirmCallback refused = (sequence, multiple) -> {};

        private Object answer(Method method, Object[] arguments) {
            switch (method.getName()) {
                case "isOpen":
                    return open;
                case "getNextPublishSeqNo":
                    return published + 1L;
                case "basicPublish":
                    published++;
                    return null;
                case "addConfirmListener":
                    taken = (ConfirmCallback) arguments[0];
                    refused = (ConfirmCallback) arguments[1];
                    return null;
                default:
                    return null;
            }
        }
    }

    private CompletableFuture<Confirm> publish(String key) {
        Outgoing message =
                new Outgoing(new BasicProperties.Builder().headers(Map.of()).build(), new byte[0]);
        return publishing.publish("x", key, message, null).toCompletableFuture();
    }

    @Test
    void oneConfirmOfManyCompletesEachOnce() throws IOException {
        List<CompletableFuture<Confirm>> confirms = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            confirms.add(publish("k"));
        }
        assertThat(channels).hasSize(1);
        assertThat(channels.get(0).published).isEqualTo(100);
        assertThat(confirms).noneMatch(CompletableFuture::isDone);
        channels.get(0).refused.handle(50, false);
        channels.get(0).taken.handle(100, true);
        channels.get(0).taken.handle(100, true);
        for (int i = 0; i < 100; i++) {
            CompletableFuture<Confirm> confirm = confirms.get(i);
            if (i == 49) {
                assertThatThrownBy(confirm::join).hasCauseInstanceOf(PublishRejectedException.class);
            } else {
                assertThat(confirm).isCompletedWithValue(Confirm.ROUTED);
            }
        }
        assertThat(publishing.unconfirmed()).isZero();
    }

    /** A channel may be found closed before its listeners are told; the next one counts from 1 again. */
    @Test
    void nobodyWaitsForeverWhereTheNextChannelCountsAnew() throws IOException {
        CompletableFuture<Confirm> first = publish("k");
        channels.get(0).open = false;
        CompletableFuture<Confirm> second = publish("k");
        assertThat(channels).hasSize(2);
        assertThatThrownBy(first::join).hasCauseInstanceOf(OutcomeUnknownException.class);
        channels.get(1).taken.handle(1, false);
        assertThat(second).isCompletedWithValue(Confirm.ROUTED);
        assertThat(publishing.unconfirmed()).isZero();
    }
}
