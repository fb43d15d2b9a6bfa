package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.tenfold.testing.SimulatedTime;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** Names and lengths of the queues in which messages wait. */
class WaitsTest {

    @Test
    void longNamesFitAndAreToldApart() {
        String longest = "q".repeat(255);
        String other = "q".repeat(254) + "r";
        String name = Waits.name(100, "q", longest);
        assertThat(name.length()).isLessThanOrEqualTo(255);
        assertThat(name).isNotEqualTo(Waits.name(100, "q", other));
        assertThat(name).isNotEqualTo(Waits.name(100, "x", longest)).isNotEqualTo(Waits.name(110, "q", longest));
        // A queue whose name is what another's was shortened to.
        String shortened = name.substring(name.lastIndexOf('.') + 1);
        assertThat(name).isNotEqualTo(Waits.name(100, "q", shortened));
        String fits = "q".repeat(255 - Waits.name(100, "q", "").length());
        assertThat(Waits.name(100, "q", fits)).endsWith(fits).hasSize(255);
        assertThat(Waits.name(100, "q", fits + "q").length()).isLessThan(255);
    }

    /** Letters of several bytes count by their bytes. */
    @Property
    void everyNameFits(@ForAll @StringLength(min = 1, max = 255) String target, @ForAll @IntRange(min = 1) int millis) {
        assertThat(Waits.name(millis, "q", target).getBytes(StandardCharsets.UTF_8).length)
                .isLessThanOrEqualTo(255);
    }

    @Property
    void waitsAreNeverShorterAndATenthLongerAtMost(@ForAll @LongRange(min = 0, max = 4_000_000_000L) long millis) {
        assertThat(Waits.step(Duration.ofMillis(millis)))
                .isGreaterThanOrEqualTo(millis)
                .isLessThanOrEqualTo(Math.max(1, millis + millis / 10));
    }

    @Test
    void whatRabbitMqCannotCountIsRefused() {
        assertThat(Waits.step(Duration.ofDays(48))).isLessThan(0xFFFF_FFFFL);
        assertThatThrownBy(() -> Waits.step(Duration.ofDays(50)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT1200H");
    }

    private final AtomicInteger declarations = new AtomicInteger();
    private Runnable meanwhile = () -> {};

    private final Waits waits = new Waits(new Channels(proxy(Connection.class)), new SimulatedTime(), false);

    private <T> T proxy(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("queueDeclare")) {
                        declarations.incrementAndGet();
                        meanwhile.run();
                    }
                    return method.getReturnType() == Channel.class ? proxy(Channel.class) : null;
                }));
    }

    @Test
    void declaresAgainOnlyAfterTheConnectionWasLost() {
        waits.towards("q", Duration.ofSeconds(1));
        waits.towards("q", Duration.ofSeconds(1));
        assertThat(declarations).hasValue(1);
        waits.forget();
        waits.towards("q", Duration.ofSeconds(1));
        assertThat(declarations).hasValue(2);
    }

    /** The connection is lost while RabbitMQ answers: what it declared need not be there any more. */
    @Test
    void doesNotRelyOnADeclarationFromBeforeTheLoss() {
        meanwhile = waits::forget;
        waits.towards("q", Duration.ofSeconds(1));
        meanwhile = () -> {};
        waits.towards("q", Duration.ofSeconds(1));
        assertThat(declarations).hasValue(2);
    }
}
