package dev.tenfold.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TopologyTest {

    private static final Endpoint<String> A = Endpoint.of("a", "host a");
    private static final Endpoint<String> B = Endpoint.of("b", "host b");

    @Test
    void countsVersionsAndKeepsTheOrder() {
        Topology<String> first = Topology.of(List.of(B, A));
        Topology<String> second = first.next(List.of(A));

        assertThat(first.version()).isEqualTo(1);
        assertThat(first.endpoints()).containsExactly(B, A);
        assertThat(first).hasToString("Topology[version=1, endpoints=[b, a]]");
        assertThat(second.version()).isEqualTo(2);
        assertThat(second.find("a")).contains(A);
        assertThat(second.find("b")).isEmpty();
    }

    @Test
    void doesNotChangeWithTheListItWasMadeOf() {
        List<Endpoint<String>> members = new ArrayList<>(List.of(A));
        Topology<String> topology = Topology.of(members);

        members.add(B);
        assertThat(topology.endpoints()).containsExactly(A);
        assertThat(topology.find("b")).isEmpty();
    }

    @Test
    void rejectsTwoMembersOfOneName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Topology.of(List.of(A, Endpoint.of("a", "other"))))
                .withMessageContaining("endpoint id: 'a' twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Topology.of(List.of(A)).next(List.of(B, B)));
    }

    @Test
    void copiesAnEndpointsTags() {
        Map<String, String> tags = new HashMap<>(Map.of("role", "analytics"));
        Endpoint<String> endpoint = A.withTags(tags);

        tags.clear();
        assertThat(endpoint.tags()).containsOnly(Map.entry("role", "analytics"));
        assertThat(endpoint.withWeight(2).withLocality(Locality.of("eu", "a").at(50, 8)))
                .isEqualTo(new Endpoint<>(
                        "a",
                        "host a",
                        2,
                        new Locality("eu", "a", new Coordinates(50, 8)),
                        Map.of("role", "analytics")));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void rejectsAWeightThatIsNone(double weight) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> A.withWeight(weight))
                .withMessageContaining("weight of endpoint 'a': " + weight);
    }

    @Test
    void rejectsAnEndpointWithoutAName() {
        assertThatIllegalArgumentException().isThrownBy(() -> Endpoint.of("", "x"));
    }
}
