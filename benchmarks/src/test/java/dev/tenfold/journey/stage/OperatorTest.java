package dev.tenfold.journey.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.journey.report.Narrator;
import dev.tenfold.testing.SimulatedTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class OperatorTest {

    private static final Duration LOAD = Duration.ofSeconds(10);

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final SimulatedTime time = new SimulatedTime();
    private final Operator operator =
            new Operator(new Narrator(new PrintStream(said, true, StandardCharsets.UTF_8)), time);
    private final List<String> done = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        operator.close();
    }

    @Test
    void playsEachActWhenItsShareOfTheLoadHasPassed() throws Exception {
        operator.plan(0.6, "second", () -> done.add("second"));
        operator.plan(0.3, "first", () -> done.add("first"));
        operator.begin(LOAD);

        time.advance(Duration.ofMillis(2_900));
        operator.playDue();
        operator.await();
        assertThat(done).isEmpty();

        time.advance(Duration.ofMillis(100));
        operator.playDue();
        operator.await();
        assertThat(done).containsExactly("first");

        time.advance(Duration.ofSeconds(7));
        operator.playDue();
        operator.await();
        assertThat(done).containsExactly("first", "second");
    }

    @Test
    void isSettledSomeTimeAfterTheLastAct() throws Exception {
        operator.plan(0.1, "only", () -> done.add("only"));
        operator.begin(LOAD);
        assertThat(operator.isSettled()).isFalse();

        time.advance(LOAD);
        operator.playDue();
        operator.await();
        assertThat(operator.isSettled()).as("its effect is still to be seen").isFalse();

        time.advance(Duration.ofSeconds(2));
        assertThat(operator.isSettled()).isTrue();
    }

    @Test
    void withNothingToDoItIsSettledFromTheStart() {
        operator.begin(LOAD);

        assertThat(operator.isSettled()).isTrue();
    }

    @Test
    void aFailedActFailsTheStageAndDoesNotHoldUpTheLoad() {
        operator.plan(0, "broken", () -> {
            throw new IOException("no such process");
        });
        operator.begin(LOAD);
        operator.playDue();

        assertThatThrownBy(operator::await).isInstanceOf(IOException.class).hasMessage("no such process");
        time.advance(Duration.ofSeconds(2));
        assertThat(operator.isSettled()).isTrue();
    }

    @Test
    void aVisitorIsToldWhatCouldNotBeDone() throws Exception {
        BlockingQueue<String> why = new LinkedBlockingQueue<>();
        operator.actNow(
                "▶ a: promote",
                () -> {
                    throw new IOException("it is the primary already");
                },
                done::add,
                why::add);

        assertThat(why.poll(30, TimeUnit.SECONDS)).isEqualTo("it is the primary already");
        assertThat(done).isEmpty();
    }

    @Test
    void aVisitorIsToldWhenWhatTookLongIsDone() throws Exception {
        BlockingQueue<String> finished = new LinkedBlockingQueue<>();
        operator.actNow("▶ s1: split", () -> time.advance(Duration.ofSeconds(3)), finished::add, done::add);

        assertThat(finished.poll(30, TimeUnit.SECONDS)).isEqualTo(": done");
        assertThat(done).isEmpty();
    }
}
