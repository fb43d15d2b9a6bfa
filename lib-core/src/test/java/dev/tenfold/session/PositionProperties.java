package dev.tenfold.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class PositionProperties {

    @Provide
    Arbitrary<Position> positions() {
        Arbitrary<Position> usual = Combinators.combine(
                        Arbitraries.longs().between(0, 3), Arbitraries.longs().between(0, 5))
                .as((timeline, offset) -> new Position("s", timeline, offset));
        return Arbitraries.oneOf(
                usual,
                Arbitraries.of(
                        Position.none(),
                        Position.primaryOnly("s"),
                        Position.primaryOnly("s", 1),
                        Position.primaryOnly("s", 2)));
    }

    @Property
    void hasALaterOfTwoWhicheverComesFirst(@ForAll("positions") Position a, @ForAll("positions") Position b) {
        Position later = a.max(b);

        boolean primaryOnly = a.isPrimaryOnly() || b.isPrimaryOnly();
        assertThat(later.isPrimaryOnly()).isEqualTo(primaryOnly);
        if (!primaryOnly) {
            assertThat(later).isIn(a, b);
        }
        if (a.isNone() && b.isNone()) {
            assertThat(later.isNone()).isTrue();
        } else {
            assertThat(b.max(a)).isEqualTo(later);
        }
    }

    @Property
    void hasALatestOfThreeWhateverTheOrder(
            @ForAll("positions") Position a, @ForAll("positions") Position b, @ForAll("positions") Position c) {
        Position one = a.max(b).max(c);
        Position other = a.max(b.max(c));

        assertThat(one.equals(other) || (one.isNone() && other.isNone())).isTrue();
    }

    @Property
    void coversOnlyWhatIsNotAheadOnTheSameTimeline(@ForAll("positions") Position a, @ForAll("positions") Position b) {
        boolean sameHistory = a.shard().equals(b.shard()) && a.timeline() == b.timeline();

        assertThat(a.covers(b))
                .isEqualTo(b.isNone() || (!b.isPrimaryOnly() && sameHistory && a.offset() >= b.offset()));
        if (a.covers(b) && !a.isPrimaryOnly()) {
            assertThat(a.max(b).equals(a) || b.isNone()).isTrue();
        }
    }

    /** Or a process that has not heard of the promotion could answer from the primary before it. */
    @Example
    void rememberTheTimelineThatOnlyThePrimaryOfWhichWillDo() {
        Position seen = new Position("s", 2, 7);

        assertThat(seen.max(Position.primaryOnly("s"))).isEqualTo(Position.primaryOnly("s", 2));
        assertThat(Position.primaryOnly("s", 1).max(seen)).isEqualTo(Position.primaryOnly("s", 2));
        assertThat(Position.primaryOnly("s", 3).max(seen)).isEqualTo(Position.primaryOnly("s", 3));
    }

    @Example
    void comparesNothingAcrossShards() {
        Position one = new Position("s1", 0, 5);
        Position other = new Position("s2", 0, 3);

        assertThat(one.covers(other)).isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> one.max(other))
                .withMessageContaining("shard 's2' (expected: shard 's1'");
    }

    @Example
    void rejectsNegativeNumbers() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Position("s", -1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Position("s", 0, -1));
    }
}
