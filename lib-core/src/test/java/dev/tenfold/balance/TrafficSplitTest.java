package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrafficSplitTest {

    private static List<Endpoint<String>> endpoints(String... groups) {
        List<Endpoint<String>> endpoints = new ArrayList<>();
        for (String group : groups) {
            for (int i = 0; i < 3; i++) {
                endpoints.add(Endpoint.of(group + i, group + i).withTags(Map.of("version", group)));
            }
        }
        return endpoints;
    }

    private static LoadBalancer<String> balancer(TrafficSplit<String> split, String... groups) {
        return LoadBalancer.<String>builder("split")
                .endpoints(endpoints(groups))
                .policy(split)
                .observer(Observer.none())
                .random(Chance.seeded(3))
                .build();
    }

    private static Map<String, Integer> groups(LoadBalancer<String> balancer, int picks) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < picks; i++) {
            counts.merge(balancer.pick().target().substring(0, 1), 1, Integer::sum);
        }
        return counts;
    }

    /** Not by chance: over any number of calls the split is off by less than 1 + log2 n calls. */
    @ParameterizedTest
    @ValueSource(doubles = {50, 5, 0.1, 33.3333, 99.9})
    void isExactAtAnyTime(double percent) {
        LoadBalancer<String> balancer = balancer(
                TrafficSplit.byTag("version", Map.of("a", 100 - percent, "b", percent), Policies.roundRobin()),
                "a",
                "b");
        int b = 0;
        for (int n = 1; n <= 200_000; n++) {
            b += balancer.pick().target().startsWith("b") ? 1 : 0;
            double off = Math.abs(b - n * percent / 100);
            assertThat(off).as("after %s", n).isLessThan(2 + Math.log(n) / Math.log(2));
        }
    }

    @Test
    void maySwitchAtRunTimeToZeroAndBack() {
        TrafficSplit<String> split = TrafficSplit.byTag("version", Map.of("a", 90.0, "b", 10.0), Policies.roundRobin());
        LoadBalancer<String> balancer = balancer(split, "a", "b");
        assertThat(groups(balancer, 10_000).get("b")).isBetween(990, 1_010);
        split.set(Map.of("a", 1.0, "b", 0.0));
        assertThat(groups(balancer, 1_000)).containsOnlyKeys("a");
        split.set(Map.of("b", 3.0));
        assertThat(groups(balancer, 1_000)).containsOnlyKeys("b");
        split.set(Map.of("a", 1.0, "b", 3.0));
        assertThat(groups(balancer, 10_000).get("b")).isBetween(7_485, 7_515);
        assertThat(split.shares()).containsExactly(Map.entry("a", 1.0), Map.entry("b", 3.0));
    }

    @Test
    void anEmptyGroupGivesItsShareToTheOthersInProportion() {
        LoadBalancer<String> balancer = balancer(
                TrafficSplit.byTag("version", Map.of("a", 60.0, "b", 20.0, "c", 20.0), Policies.roundRobin()),
                "b",
                "c",
                "x");
        Map<String, Integer> counts = groups(balancer, 10_000);
        assertThat(counts).containsOnlyKeys("b", "c");
        assertThat(counts.get("b")).isBetween(4_985, 5_015);
    }

    @Test
    void whereOnlyTheUnwantedAreLeftTheyServe() {
        LoadBalancer<String> balancer =
                balancer(TrafficSplit.byTag("version", Map.of("a", 1.0, "b", 0.0), Policies.random()), "b");
        assertThat(groups(balancer, 10)).containsOnlyKeys("b");
    }

    @Test
    void aChangeOfMembershipDoesNotDisturbTheSplit() {
        TrafficSplit<String> split = TrafficSplit.byTag("version", Map.of("a", 75.0, "b", 25.0), Policies.roundRobin());
        LoadBalancer<String> balancer = balancer(split, "a", "b");
        int b = 0;
        for (int i = 0; i < 1_000; i++) {
            List<Endpoint<String>> next = endpoints("a", "b");
            next.remove(i % 6);
            balancer.update(next);
            b += groups(balancer, 3).getOrDefault("b", 0);
        }
        assertThat(b).isBetween(740, 760);
    }

    @Test
    void onlyAsManyKeysMoveAsTheSharesDid() {
        TrafficSplit<String> split = TrafficSplit.byTag("version", Map.of("a", 95.0, "b", 5.0), Policies.random());
        LoadBalancer<String> balancer = balancer(split, "a", "b");
        List<String> before = keys(balancer);
        split.set(Map.of("a", 85.0, "b", 15.0));
        List<String> after = keys(balancer);
        int moved = 0;
        for (int i = 0; i < before.size(); i++) {
            moved += before.get(i).equals(after.get(i)) ? 0 : 1;
        }
        assertThat(moved / (double) before.size()).isCloseTo(0.1, within(0.01));
        assertThat(after.stream().filter("b"::equals).count() / (double) after.size())
                .isCloseTo(0.15, within(0.01));
    }

    private static List<String> keys(LoadBalancer<String> balancer) {
        List<String> groups = new ArrayList<>();
        for (long key = 0; key < 20_000; key++) {
            groups.add(balancer.pick(key * 31).target().substring(0, 1));
        }
        return groups;
    }

    @Test
    void wrongSharesAreRefusedAndChangeNothing() {
        TrafficSplit<String> split = TrafficSplit.byTag("version", Map.of("a", 1.0), Policies.random());
        assertThatThrownBy(() -> split.set(Map.of("a", -1.0, "b", Double.NaN)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContainingAll("share of 'a': -1.0", "share of 'b': NaN");
        assertThatThrownBy(() -> split.set(Map.of("a", 0.0))).hasMessageContaining("at least one above 0");
        assertThat(split.shares()).containsExactly(Map.entry("a", 1.0));
    }
}
