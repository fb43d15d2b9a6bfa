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

    /** Written by the version before keys were remembered: shard s at offset 2 of timeline 1. */
    private static final String FIRST_FORMAT = "AQABAAFzAAAAAAAAAAEAAAAAAAAAAlUkrxYsK-ohrc_cMg1kS3g";

    private static final String NINTH_FORMAT = "CQABAAFzAAAAAAAAAAEAAAAAAAAAAnKZXiN1OZUquss8iAaKL1w";

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

    /** What a session noted, in order: of a key, of a shard as a whole (no key), or a copy that it had seen before. */
    private record Note(int shard, int key, long position, long seen) {}

    @Provide
    Arbitrary<List<Note>> notes() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 17),
                        Arbitraries.integers().between(0, 60),
                        Arbitraries.longs().between(1, 50),
                        Arbitraries.longs().between(0, 5))
                .as((shard, key, position, span) -> new Note(shard, key, position, position + span))
                .list()
                .ofMaxSize(150);
    }

    @Property(tries = 300)
    void askForWhatWasSeenOfAKeyAndNoLessThanWasWritten(@ForAll("notes") List<Note> notes) {
        Session session = new Session();
        Map<String, Long> floors = new HashMap<>();
        Map<String, Map<Integer, Long>> seen = new HashMap<>();
        long read = 0;
        for (Note note : notes) {
            // Few shards, or they would all be forgotten.
            String shard = "shard-" + (note.shard < 17 ? note.shard % 3 : note.key);
            Position position = new Position(shard, 0, note.position);
            if (note.key == 0) {
                session.advance(position);
                floors.merge(shard, note.position, Math::max);
            } else {
                Marks marks = session.marks(shard, note.key);
                session.saw(
                        shard,
                        note.key,
                        marks,
                        new Positioned<>("", position, new Position(shard, 0, note.seen), ++read));
                if (!marks.minimum().isPrimaryOnly()) {
                    seen.computeIfAbsent(shard, s -> new HashMap<>()).merge(note.key, note.seen, Math::max);
                }
            }
            Session back = TOKEN.decode(TOKEN.encode(session));
            seen.forEach((where, keys) -> keys.forEach((key, offset) -> {
                Position asked = back.marks(where, key).minimum();
                assertThat(asked.offset()).as("key %s of %s", key, where).isGreaterThanOrEqualTo(offset);
                assertThat(asked).isEqualTo(session.marks(where, key).minimum());
                assertThat(session.required(where).offset()).isGreaterThanOrEqualTo(asked.offset());
            }));
            floors.forEach((where, offset) ->
                    assertThat(session.marks(where, 1_000).minimum().offset()).isGreaterThanOrEqualTo(offset));
        }
        assertThat(TOKEN.encode(session)).hasSizeLessThan(2_000);
    }

    @Example
    void aReadOfAKeyAsksNothingOfOthersUntilItIsForgotten() {
        Session session = new Session();
        session.saw("s", 1, session.marks("s", 1), new Positioned<>("v", at(50), at(60), 9));
        assertThat(session.marks("s", 2).minimum()).isEqualTo(Position.none());
        assertThat(session.required("s")).as("of anything at all").isEqualTo(at(60));

        for (long key = 2; key <= Session.MAXIMUM_KEYS + 1; key++) {
            session.saw("s", key, session.marks("s", key), new Positioned<>("v", at(70), at(70), 9));
        }
        assertThat(session.marks("s", 1).minimum()).isEqualTo(at(60));
        assertThat(session.marks("s", 1_000).minimum())
                .as("it may be the forgotten one")
                .isEqualTo(at(60));
    }

    @Example
    void allowsTheVeryCopyThatWasShownAndNoOtherOfTheSameMarks() {
        Session session = new Session();
        Positioned<String> shown = new Positioned<>("v", at(5), at(7), 1);
        session.saw("s", 1, session.marks("s", 1), shown);

        assertThat(session.marks("s", 1).allow(shown)).isTrue();
        assertThat(session.marks("s", 1).allow(new Positioned<>("w", at(5), at(7), 2)))
                .isFalse();
        assertThat(session.marks("s", 1).allow(new Positioned<>("w", at(5), at(7))))
                .isFalse();
        assertThat(session.marks("s", 1).allow(new Positioned<>("w", at(7)))).isTrue();

        session.advance(at(6));
        assertThat(session.marks("s", 1).allow(shown))
                .as("what was written since is not in it")
                .isFalse();
    }

    @Example
    void noCopyIsTheLastOneWhereReadsOverlapped() {
        Session session = new Session();
        Marks asked = session.marks("s", 1);
        session.saw("s", 1, asked, new Positioned<>("newer", at(6), at(8), 1));
        session.saw("s", 1, asked, new Positioned<>("older", at(5), at(7), 2));

        assertThat(session.marks("s", 1)).isEqualTo(new Marks(Position.none(), at(8), 0));
    }

    @Example
    void aNewerTopologySendsTheSessionToThePrimariesOnce() {
        Session session = new Session();
        session.adopt(new Position("map", 0, 3));
        assertThat(session.required("s"))
                .as("it had seen nothing that could have moved")
                .isEqualTo(Position.none());
        session.advance(at(5));
        session.adopt(new Position("map", 0, 3));
        session.adopt(new Position("map", 0, 2));
        assertThat(session.required("s")).isEqualTo(at(5));

        session.adopt(new Position("map", 0, 4));
        assertThat(session.topology("map")).isEqualTo(new Position("map", 0, 4));
        Marks asked = session.marks("t", 1);
        assertThat(asked.minimum().isPrimaryOnly()).isTrue();
        session.saw("t", 1, asked, new Positioned<>("v", new Position("t", 0, 20), new Position("t", 0, 22), 1));
        assertThat(session.marks("t", 1).seen()).isEqualTo(new Position("t", 0, 22));
        assertThat(session.marks("t", 2).minimum())
                .as("the primary had everything that moved there")
                .isEqualTo(new Position("t", 0, 20));
        assertThat(session.required("s").isPrimaryOnly()).isTrue();
    }

    /** Found by the simulation of the whole composition: the primary before the last failover answered, and it was too old. */
    @Example
    void aNewerTopologyDoesNotMakeTheSessionForgetWhichPrimaryItHasSeen() {
        Session session = new Session();
        session.advance(new Position("s", 2, 34));
        session.adopt(new Position("map", 0, 4));

        Marks asked = session.marks("s", 1);
        assertThat(asked.minimum()).isEqualTo(Position.primaryOnly("s", 2));
        session.saw("s", 1, asked, new Positioned<>("old", new Position("s", 1, 40), new Position("s", 1, 40), 1));
        assertThat(session.marks("s", 1).minimum())
                .as("the primary of an older timeline settles nothing")
                .isEqualTo(Position.primaryOnly("s", 2));
        session.saw("s", 1, asked, new Positioned<>("new", new Position("s", 2, 36), new Position("s", 2, 36), 2));
        assertThat(session.marks("s", 1).minimum()).isEqualTo(new Position("s", 2, 36));
    }

    @Example
    void readsTokensOfTheFirstFormat() {
        Session old = TOKEN.decode(FIRST_FORMAT);

        assertThat(old.required("s")).isEqualTo(new Position("s", 1, 2));
        assertThat(old.marks("s", 7).minimum()).isEqualTo(new Position("s", 1, 2));
        assertThat(old.required("other")).isEqualTo(Position.none());
    }

    @Example
    void asksThePrimaryForATokenOfAFormatFromTheFuture() {
        assertThat(TOKEN.decode(NINTH_FORMAT).required("s").isPrimaryOnly()).isTrue();
    }

    private static Position at(long offset) {
        return new Position("s", 0, offset);
    }
}
