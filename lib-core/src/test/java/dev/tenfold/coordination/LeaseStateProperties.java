package dev.tenfold.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;

final class LeaseStateProperties {

    @Property(tries = 300)
    void comesBackAsItWas(
            @ForAll @NotEmpty String holder,
            @ForAll @LongRange(min = 1) long token,
            @ForAll @LongRange(min = 1, max = 365L * 24 * 3600 * 1_000_000_000) long nanos,
            @ForAll @LongRange(min = 0) long renewals,
            @ForAll boolean held) {
        LeaseState state = new LeaseState(holder, token, Duration.ofNanos(nanos), renewals, held);

        assertThat(LeaseState.codec().decode(LeaseState.codec().encode(state))).isEqualTo(state);
    }

    @Property(tries = 300)
    void isNeverReadFromAnythingElse(@ForAll byte[] bytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LeaseState.codec().decode(bytes))
                .withMessageContaining("expected: lease-1");
    }

    @Example
    void isTextAPersonCanRead() {
        LeaseState state = new LeaseState("app 1", 7, Duration.ofSeconds(10), 42, true);

        assertThat(new String(LeaseState.codec().encode(state), StandardCharsets.UTF_8))
                .isEqualTo("lease-1 7 PT10S 42 held app 1");
    }
}
