package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.UnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class RequestTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final Bench bench = new Bench();
    private final Queue<String> queue = bench.broker.queue("ask", String.class);

    private CompletionStage<Integer> ask(String key, String question) {
        return bench.direct.request(key, question, Integer.class, TIMEOUT);
    }

    @Test
    void anAnswerGoesToWhoAsked() {
        queue.consume(1, delivery -> delivery.reply(delivery.body().length()));
        CompletionStage<Integer> four = ask("ask", "four");
        CompletionStage<Integer> five = ask("ask", "fives");

        assertThat(Bench.now(four)).isEqualTo(4);
        assertThat(Bench.now(five)).isEqualTo(5);
        // The alarm of the queue, for questions that expire; none of the requests.
        assertThat(bench.time.pending()).isLessThanOrEqualTo(1);
    }

    @Test
    void whoDoesNotAnswerInTimeIsTooLate() {
        List<Delivery<String>> held = new ArrayList<>();
        queue.consumeManually(1, held::add);
        CompletionStage<Integer> answer = ask("ask", "four");
        bench.time.advance(TIMEOUT);

        assertThatThrownBy(() -> Bench.now(answer)).isInstanceOf(DeadlineExceededException.class);
        assertThat(Bench.now(held.get(0).reply(4))).isEqualTo(Confirm.UNROUTED);
    }

    @Test
    void aQuestionThatNobodyTakesExpiresWithItsRequest() {
        CompletionStage<Integer> answer = ask("ask", "four");
        bench.time.advance(TIMEOUT);
        assertThat(answer.toCompletableFuture()).isCompletedExceptionally();
        assertThat(queue.inspect().messages()).isZero();
    }

    @Test
    void aQuestionThatLeadsNowhereFailsAtOnce() {
        assertThatThrownBy(() -> Bench.now(ask("nobody", "four")))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("leads to no queue");
    }

    @Test
    void anAnswerOfAnotherKindIsAnError() {
        queue.consume(1, delivery -> delivery.reply("4"));
        assertThatThrownBy(() -> Bench.now(ask("ask", "four")))
                .isInstanceOf(ClassCastException.class)
                .hasMessageContaining("java.lang.String (expected: java.lang.Integer)");
    }

    @Test
    void closingTheBrokerEndsWhatWaits() {
        CompletionStage<Integer> answer = ask("ask", "four");
        bench.broker.close(Duration.ZERO);
        assertThatThrownBy(() -> Bench.now(answer)).isInstanceOf(UnavailableException.class);
    }

    @Test
    void anAnswerMayGoToAQueueOfTheRequestersOwn() {
        Queue<Object> answers = bench.broker.temporaryQueue(Object.class);
        queue.consume(1, delivery -> delivery.reply(4));
        bench.direct.publish("ask", Message.of("four").replyTo(answers.name()).correlationId("7"));
        assertThat(answers.browse(1)).singleElement().satisfies(message -> {
            assertThat(message.body()).isEqualTo(4);
            assertThat(message.correlationId()).contains("7");
        });
        bench.direct.publish("ask", "no answer wanted");
        assertThat(bench.kinds()).contains("consumer.failed");
    }
}
