package dev.tenfold.time;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DeadlineTest {

    private final SimulatedTime time = new SimulatedTime();

    @Test
    void isSpentAsTimePasses() {
        Deadline deadline = Deadline.after(Duration.ofMillis(100), time);

        assertThat(deadline.isLimited()).isTrue();
        assertThat(deadline.budget()).isEqualTo(Duration.ofMillis(100));
        assertThat(deadline.remaining()).isEqualTo(Duration.ofMillis(100));
        time.advance(Duration.ofNanos(99_999_999));
        assertThat(deadline.remainingNanos()).isOne();
        assertThat(deadline.isExpired()).isFalse();
        time.advance(Duration.ofNanos(1));
        assertThat(deadline.isExpired()).isTrue();
        time.advance(Duration.ofDays(1));
        assertThat(deadline.remaining()).isZero();
        assertThat(deadline).hasToString("Deadline[PT0S of PT0.1S left]");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void isExpiredFromTheStartWithoutABudget(long nanos) {
        Deadline deadline = Deadline.after(Duration.ofNanos(nanos), time);

        assertThat(deadline.isExpired()).isTrue();
        time.advance(Duration.ofNanos(1));
        assertThat(deadline.isExpired()).isTrue();
        assertThat(deadline.remaining()).isZero();
    }

    @Test
    void takesABudgetBeyondTheClockForNoneAndTheOppositeForExpired() {
        assertThat(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE), time).isLimited())
                .isFalse();
        Deadline never = Deadline.after(Duration.ofSeconds(Long.MIN_VALUE), time);
        assertThat(never.isLimited()).isTrue();
        assertThat(never.isExpired()).isTrue();
    }

    @Test
    void neverExpiresIfThereIsNone() {
        assertThat(Deadline.none().isLimited()).isFalse();
        assertThat(Deadline.none().isExpired()).isFalse();
        assertThat(Deadline.none().remainingNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(Deadline.none()).hasToString("Deadline[none]");
    }

    @Test
    void survivesAMonotonicClockThatWraps() {
        TimeSource wrapping = new TimeSource() {
            @Override
            public long nanoTime() {
                return Long.MAX_VALUE - 10 + time.nanoTime();
            }

            @Override
            public Instant now() {
                return time.now();
            }
        };
        Deadline deadline = Deadline.after(Duration.ofNanos(100), wrapping);

        time.advance(Duration.ofNanos(60));
        assertThat(deadline.remainingNanos()).isEqualTo(40);
        time.advance(Duration.ofNanos(40));
        assertThat(deadline.isExpired()).isTrue();
    }
}
