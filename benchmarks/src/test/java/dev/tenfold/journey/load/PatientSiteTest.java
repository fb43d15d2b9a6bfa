package dev.tenfold.journey.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.load.Site.Ask;
import dev.tenfold.retry.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PatientSiteTest {

    private static final Ask ASK =
            new Ask("PUT", "/users/1?version=1", "", new Crowd(1).people().get(0));

    private final Deque<Integer> statuses = new ArrayDeque<>();
    private final PatientSite site = new PatientSite(
            ask -> {
                int status = statuses.remove();
                if (status == 0) {
                    throw new IOException("connection reset");
                }
                return new Answer(status, "");
            },
            Backoff.fixed(Duration.ZERO).attempts(4));

    @Test
    void asksAgainAsLongAsItMayHelp() throws Exception {
        statuses.addAll(List.of(Answer.UNAVAILABLE, 0, Answer.OUTCOME_UNKNOWN, 204));

        assertThat(site.send(ASK).status()).isEqualTo(204);
        assertThat(site.repeated()).isEqualTo(3);
    }

    @Test
    void doesNotArgueWithARefusal() throws Exception {
        statuses.add(403);

        assertThat(site.send(ASK).status()).isEqualTo(403);
        assertThat(site.repeated()).isZero();
    }

    @Test
    void givesUpWithWhatItHeardLast() throws Exception {
        statuses.addAll(List.of(0, 0, 0, Answer.UNAVAILABLE));
        assertThat(site.send(ASK).status()).isEqualTo(Answer.UNAVAILABLE);

        statuses.addAll(List.of(Answer.UNAVAILABLE, 0, 0, 0));
        assertThatThrownBy(() -> site.send(ASK)).isInstanceOf(IOException.class);
    }
}
