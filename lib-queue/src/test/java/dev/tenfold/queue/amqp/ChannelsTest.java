package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

/** What becomes of RabbitMQ's refusals. */
class ChannelsTest {

    private final Channels channels = new Channels(answering(Connection.class, answering(Channel.class, null)));

    /** Answers every call alike, where it can. */
    private static <T> T answering(Class<T> type, Object answer) {
        return type.cast(Proxy.newProxyInstance(
                ChannelsTest.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> method.getReturnType().isInstance(answer) ? answer : null));
    }

    private static Channels.Step<Object> refusing(int code) {
        return channel -> {
            AMQP.Channel.Close close = new AMQP.Channel.Close.Builder()
                    .replyCode(code)
                    .replyText("because")
                    .build();
            throw new IOException(new ShutdownSignalException(false, false, close, channel));
        };
    }

    @Test
    void onlyAnUnmetConditionIsNone() {
        assertThat(channels.callUnless(AMQP.PRECONDITION_FAILED, "queue 'q'", channel -> "done"))
                .isTrue();
        assertThat(channels.callUnless(AMQP.PRECONDITION_FAILED, "queue 'q'", refusing(AMQP.PRECONDITION_FAILED)))
                .isFalse();
        assertThatThrownBy(
                        () -> channels.callUnless(AMQP.PRECONDITION_FAILED, "queue 'q'", refusing(AMQP.ACCESS_REFUSED)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("403 because");
        assertThatThrownBy(() ->
                        channels.callUnless(AMQP.PRECONDITION_FAILED, "queue 'q'", refusing(AMQP.RESOURCE_LOCKED)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("405 because");
        assertThatThrownBy(() -> channels.callUnless(AMQP.PRECONDITION_FAILED, "queue 'q'", channel -> {
                    throw new IOException("broken pipe");
                }))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("broken pipe");
    }

    @Test
    void whatIsDeclaredDifferentlyIsAMistakeOfTheConfiguration() {
        assertThatThrownBy(() -> channels.call("queue 'q'", refusing(AMQP.PRECONDITION_FAILED)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("queue 'q'");
        assertThatThrownBy(() -> channels.call("queue 'q'", refusing(AMQP.NOT_FOUND)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("404");
    }
}
