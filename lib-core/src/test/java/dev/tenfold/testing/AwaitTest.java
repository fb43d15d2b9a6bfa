package dev.tenfold.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class AwaitTest {

    @Test
    void asksUntilItHolds() {
        AtomicInteger asked = new AtomicInteger();
        Await.until("asked three times", () -> {
            if (asked.incrementAndGet() == 2) {
                throw new IllegalStateException("not yet");
            }
            return asked.get() == 3;
        });
        assertThat(asked).hasValue(3);
    }

    @Test
    void saysWhatItWaitedForWhenInterrupted() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Await.until("pigs fly", () -> false))
                .isInstanceOf(AssertionError.class)
                .hasMessage("interrupted for: pigs fly");
        assertThat(Thread.interrupted()).isTrue();
    }
}
