package dev.tenfold.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

final class SessionProperties {

    private static final SessionToken TOKEN =
            SessionToken.signedWith("0123456789abcdef".getBytes(StandardCharsets.US_ASCII));

    @Provide
    Arbitrary<List<Position>> histories() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 24),
                        Arbitraries.longs().between(0, 2),
                        Arbitraries.longs().between(1, 9))
                .as((shard, timeline, offset) -> new Position("shard-" + shard, timeline, offset))
                .list()
                .ofMaxSize(60);
    }

    @Property(tries = 300)
    void neverRequiresLessThanItHasSeen(@ForAll("histories") List<Position> history) {
        Session session = new Session();
        Map<String, Position> seen = new HashMap<>();
        for (Position position : history) {
            session.advance(position);
            seen.merge(position.shard(), position, Position::max);
            seen.forEach((shard, latest) -> {
                Position required = session.required(shard);
                assertThat(required.equals(latest) || required.isPrimaryOnly())
                        .as("%s after %s", required, latest)
                        .isTrue();
            });
        }
        long forgotten = seen.keySet().stream()
                .filter(shard -> session.required(shard).isPrimaryOnly())
                .count();
        assertThat(seen.size() - forgotten).isEqualTo(Math.min(seen.size(), Session.MAXIMUM_SHARDS));
    }

    @Property(tries = 300)
    void comesBackFromItsTokenAsItWas(@ForAll("histories") List<Position> history) {
        Session session = new Session();
        history.forEach(session::advance);

        Session back = TOKEN.decode(TOKEN.encode(session));

        for (int shard = 0; shard < 30; shard++) {
            assertThat(back.required("shard-" + shard)).isEqualTo(session.required("shard-" + shard));
        }
        assertThat(TOKEN.encode(back)).isEqualTo(TOKEN.encode(session));
        assertThat(TOKEN.encode(session)).matches("[A-Za-z0-9_-]*").hasSizeLessThan(1_000);
    }

    @Property(tries = 300)
    void asksThePrimaryIfAnyCharacterOfItsTokenWasAltered(
            @ForAll("histories") List<Position> history,
            @ForAll @IntRange(max = 1_000) int at,
            @ForAll @IntRange(min = 1, max = 127) int change) {
        Session session = new Session();
        history.forEach(session::advance);
        StringBuilder token = new StringBuilder(TOKEN.encode(session));
        int index = at % token.length();
        token.setCharAt(index, (char) (token.charAt(index) ^ change));

        assertThat(TOKEN.decode(token.toString()).required("shard-1").isPrimaryOnly())
                .isTrue();
    }

    @Property(tries = 200)
    void asksThePrimaryForAnyTextThatIsNotItsToken(@ForAll String text) {
        assertThat(TOKEN.decode(text).required("any").isPrimaryOnly()).isTrue();
    }

    @Example
    void asksThePrimaryIfItsTokenIsCutPaddedOrSignedWithAnotherKey() {
        Session session = new Session();
        session.advance(new Position("s", 1, 2));
        String token = TOKEN.encode(session);

        for (int length = 0; length < token.length(); length++) {
            assertThat(TOKEN.decode(token.substring(0, length)).required("s").isPrimaryOnly())
                    .isTrue();
        }
        assertThat(TOKEN.decode(token + "=").required("s").isPrimaryOnly()).isTrue();
        assertThat(SessionToken.signedWith(new byte[16])
                        .decode(token)
                        .required("s")
                        .isPrimaryOnly())
                .isTrue();
        assertThat(TOKEN.decode(token).required("s")).isEqualTo(new Position("s", 1, 2));
    }

    @Example
    void asksThePrimaryAfterAnUnknownOutcomeUntilThePrimaryAnswered() {
        Session session = new Session();
        session.advance(new Position("s", 0, 5));
        session.requirePrimary("s");
        assertThat(session.required("s").isPrimaryOnly()).isTrue();
        session.advance(new Position("s", 0, 9));
        assertThat(session.required("s").isPrimaryOnly()).isTrue();

        session.settle(new Position("s", 0, 7));
        assertThat(session.required("s")).isEqualTo(new Position("s", 0, 7));
        session.settle(new Position("s", 0, 6));
        assertThat(session.required("s")).as("nothing to settle").isEqualTo(new Position("s", 0, 7));
    }

    @Example
    void goesBackOnlyWhenRestarted() {
        Session session = new Session();
        session.advance(new Position("s", 2, 50));
        session.advance(new Position("s", 1, 90));
        assertThat(session.required("s")).isEqualTo(new Position("s", 2, 50));

        session.restart(new Position("s", 3, 10));
        assertThat(session.required("s")).isEqualTo(new Position("s", 3, 10));
    }

    @Example
    void losesNoPositionAmongThreads() throws Exception {
        Session session = new Session();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                String own = "shard-" + thread;
                running.add(threads.submit(() -> {
                    for (int offset = 1; offset <= 2_000; offset++) {
                        session.advance(new Position(own, 0, offset));
                        session.settle(new Position("shared", 0, offset));
                        assertThat(session.required(own).offset()).isEqualTo(offset);
                        assertThat(session.required("shared").offset()).isGreaterThanOrEqualTo(offset);
                    }
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(session.required("shared").offset()).isEqualTo(2_000);
    }

    @Example
    void aPrimaryOfAnOlderTimelineSettlesNothing() {
        Session session = new Session();
        session.advance(new Position("s", 2, 7));
        session.requirePrimary("s");
        assertThat(session.required("s")).isEqualTo(Position.primaryOnly("s", 2));

        session.settle(new Position("s", 1, 50));
        assertThat(session.required("s")).isEqualTo(Position.primaryOnly("s", 2));
        session.settle(new Position("s", 2, 6));
        assertThat(session.required("s")).isEqualTo(new Position("s", 2, 6));
    }
}
