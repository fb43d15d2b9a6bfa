package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StickyTest {

    private final LoadBalancer<String> balancer = LoadBalancer.<String>builder("sticky")
            .endpoints("a", "b", "c", "d")
            .policy(Policies.sticky(Policies.roundRobin()))
            .observer(Observer.none())
            .time(new SimulatedTime())
            .random(Chance.seeded(2))
            .build();

    private String backTo(String remembered) {
        return balancer.pick(Policies.stickyKey(remembered)).endpoint().id();
    }

    @Test
    void goesBackToTheEndpointThatIsRemembered() {
        for (int i = 0; i < 20; i++) {
            assertThat(backTo("c")).isEqualTo("c");
        }
    }

    @Test
    void withoutAMemoryTheOtherPolicyPicks() {
        Set<String> picked = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            picked.add(balancer.pick().target());
        }
        assertThat(picked).hasSize(4);
    }

    @Test
    void whereItIsGoneAnotherIsPickedAndMayBeRememberedInstead() {
        balancer.health("c").orElseThrow().drain();
        String other = backTo("c");
        assertThat(other).isNotEqualTo("c");
        assertThat(backTo(other)).isEqualTo(other);
        balancer.health("c").orElseThrow().resume();
        assertThat(backTo("c")).isEqualTo("c");
        assertThat(backTo("never there")).isIn("a", "b", "c", "d");
    }

    @Test
    void theOtherPolicyGoesOnWhereItWas() {
        String first = balancer.pick().target();
        balancer.health(first).orElseThrow().drain();
        Set<String> picked = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            picked.add(balancer.pick().target());
        }
        assertThat(picked).hasSize(3).doesNotContain(first);
    }
}
