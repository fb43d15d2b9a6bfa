package dev.tenfold.balance;

import static dev.tenfold.balance.Pools.members;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class KeyedPoliciesTest {

    private static final int KEYS = 20_000;
    private final RandomGenerator random = Chance.seeded(77);

    /** Each with no bound and with the usual one, and how many times its fair part a change may move. */
    static Stream<Arguments> policies() {
        double none = Double.POSITIVE_INFINITY;
        return Stream.of(
                Arguments.of("ring", KeyedPolicies.<String>ring(160, none), 1.3),
                Arguments.of("maglev", KeyedPolicies.<String>maglev(none), 2.2),
                Arguments.of("rendezvous", KeyedPolicies.<String>rendezvous(none), 1.1));
    }

    static Stream<Arguments> bounded() {
        return Stream.of(
                Arguments.of("ring", KeyedPolicies.<String>ring()),
                Arguments.of("maglev", KeyedPolicies.<String>maglev()),
                Arguments.of("rendezvous", KeyedPolicies.<String>rendezvous()));
    }

    private static Candidates<String> candidates(List<Member<String>> some, List<Member<String>> everyone) {
        double[] weights =
                some.stream().mapToDouble(member -> member.endpoint().weight()).toArray();
        return new Candidates<>(some, weights, everyone);
    }

    private static Candidates<String> candidates(List<Member<String>> members) {
        return candidates(members, members);
    }

    private static List<Member<String>> weighted(double... weights) {
        List<Member<String>> members = members(weights.length);
        for (int i = 0; i < weights.length; i++) {
            members.get(i)
                    .replace(Endpoint.of(members.get(i).target(), members.get(i).target())
                            .withWeight(weights[i]));
        }
        return members;
    }

    private static String[] owners(Picker<String> picker) {
        String[] owners = new String[KEYS];
        for (int key = 0; key < KEYS; key++) {
            owners[key] = picker.pick(Mix.of(key)).target();
        }
        return owners;
    }

    private static Map<String, Integer> counts(String[] owners) {
        Map<String, Integer> counts = new TreeMap<>();
        Arrays.stream(owners).forEach(owner -> counts.merge(owner, 1, Integer::sum));
        return counts;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void keysAreSpreadByWeightAndStay(String name, Policy<String> policy) {
        Picker<String> picker = policy.over(candidates(weighted(1, 2, 3, 1.5, 2.5)), random, null);
        String[] owners = owners(picker);
        assertThat(owners(picker)).isEqualTo(owners);
        for (int i = 0; i < 5; i++) {
            double share = counts(owners).get(String.valueOf((char) ('a' + i))) / (double) KEYS;
            assertThat(share).as(name + " " + i).isCloseTo(new double[] {0.1, 0.2, 0.3, 0.15, 0.25}[i], within(0.05));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void aMemberThatJoinsOrLeavesMovesHardlyMoreThanItsPart(String name, Policy<String> policy, double most) {
        List<Member<String>> all = members(10);
        Picker<String> nine = policy.over(candidates(all.subList(0, 9)), random, null);
        Picker<String> ten = policy.over(candidates(all), random, nine);
        String[] before = owners(nine);
        String[] after = owners(ten);
        int moved = 0;
        for (int key = 0; key < KEYS; key++) {
            moved += before[key].equals(after[key]) ? 0 : 1;
        }
        assertThat(moved / (KEYS / 10.0)).as(name).isBetween(0.7, most);
        assertThat(owners(policy.over(candidates(all.subList(0, 9)), random, ten)))
                .isEqualTo(before);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void anEjectionMovesOnlyTheKeysOfTheEjectedAndSpreadsThem(String name, Policy<String> policy) {
        List<Member<String>> all = members(10);
        Picker<String> whole = policy.over(candidates(all), random, null);
        List<Member<String>> left = new ArrayList<>(all);
        left.remove(3);
        Picker<String> without = policy.over(candidates(left, all), random, whole);
        String[] before = owners(whole);
        String[] after = owners(without);
        Map<String, Integer> taken = new TreeMap<>();
        for (int key = 0; key < KEYS; key++) {
            if (before[key].equals("d")) {
                taken.merge(after[key], 1, Integer::sum);
            } else {
                assertThat(after[key]).isEqualTo(before[key]);
            }
        }
        assertThat(taken).hasSize(9).doesNotContainKey("d");
        assertThat(owners(policy.over(candidates(all), random, without))).isEqualTo(before);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void aWarmingEndpointGetsItsOwnKeysBackOneByOne(String name, Policy<String> policy) {
        List<Member<String>> all = members(5);
        String[] warm = owners(policy.over(candidates(all), random, null));
        List<Integer> had = List.of();
        for (double share : new double[] {0.1, 0.4, 0.8, 1}) {
            double[] weights = {1, 1, share, 1, 1};
            String[] now = owners(policy.over(new Candidates<>(all, weights, all), random, null));
            List<Integer> has = new ArrayList<>();
            int own = 0;
            for (int key = 0; key < KEYS; key++) {
                if (now[key].equals("c")) {
                    has.add(key);
                }
                own += warm[key].equals("c") ? 1 : 0;
                assertThat(warm[key].equals("c") || now[key].equals(warm[key])).isTrue();
            }
            assertThat(has.size()).as(name + " at " + share).isCloseTo((int) (own * share), within(200));
            assertThat(has).containsAll(had);
            had = has;
        }
    }

    /** One hot key and many others, calls held at random: never anybody above ceil(1.25 x mean), for any number of endpoints. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("bounded")
    void nobodyEverBeginsACallAboveItsBound(String name, Policy<String> policy) {
        for (int size : new int[] {1, 2, 3, 10, 64}) {
            List<Member<String>> all = members(size);
            double[] weights = new double[size];
            double sum = 0;
            for (int i = 0; i < size; i++) {
                weights[i] = 1 + i % 3;
                sum += weights[i];
            }
            for (int i = 0; i < size; i++) {
                all.get(i).replace(Endpoint.of(all.get(i).target(), "x").withWeight(weights[i]));
            }
            Picker<String> picker = policy.over(candidates(all), random, null);
            List<Member<String>> held = new ArrayList<>();
            for (int step = 0; step < 20_000; step++) {
                if (!held.isEmpty() && random.nextInt(1_000) < (step % 4_000 < 2_000 ? 300 : 700)) {
                    held.remove(random.nextInt(held.size())).end(false);
                    continue;
                }
                Member<String> picked = picker.pick(random.nextInt(3) == 0 ? 12345 : random.nextLong());
                picked.begin();
                held.add(picked);
                double mean = held.size() * weights[all.indexOf(picked)] / sum;
                assertThat(picked.inFlight())
                        .as("%s of %s, %s held", name, size, held.size())
                        .isLessThanOrEqualTo((int) Math.ceil(1.25 * mean - 1e-9));
            }
            held.forEach(member -> member.end(false));
            assertThat(all).allMatch(member -> member.inFlight() == 0);
        }
    }

    @Test
    void amongManyTheBoundIsThatOfALittleAgo() {
        List<Member<String>> all = members(2_000);
        Picker<String> picker = KeyedPolicies.<String>ring().over(candidates(all), random, null);
        int most = 0;
        for (int i = 0; i < 20_000; i++) {
            Member<String> picked = picker.pick(random.nextInt(2) == 0 ? 99 : random.nextLong());
            picked.begin();
            most = Math.max(most, picked.inFlight());
        }
        assertThat(most).isLessThanOrEqualTo(13);
    }

    @Test
    void aHotKeyFlowsOverToTheSameEndpoints() {
        List<Member<String>> all = members(20);
        Picker<String> picker = KeyedPolicies.<String>ring().over(candidates(all), random, null);
        for (int i = 0; i < 20; i++) {
            all.get(i).begin();
        }
        List<String> first = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Member<String> picked = picker.pick(4711);
            picked.begin();
            first.add(picked.target());
        }
        assertThat(first.stream().distinct().count()).as("two each").isBetween(3L, 5L);
        all.forEach(member -> {
            while (member.inFlight() > 1) {
                member.end(false);
            }
        });
        for (String expected : first) {
            Member<String> picked = picker.pick(4711);
            picked.begin();
            assertThat(picked.target()).isEqualTo(expected);
        }
    }

    @Test
    void extremeWeightsArePlaced() {
        List<Member<String>> all = weighted(Double.MIN_VALUE, 1, Double.MAX_VALUE);
        for (Arguments policy : policies().toList()) {
            @SuppressWarnings("unchecked")
            Picker<String> picker = ((Policy<String>) policy.get()[1]).over(candidates(all), random, null);
            assertThat(counts(owners(picker)).get("c")).isGreaterThan(KEYS * 9 / 10);
        }
    }

    @Test
    void wrongParametersAreRefused() {
        assertThatThrownBy(() -> KeyedPolicies.ring(3, 0.5))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContainingAll("points: 3", "bound: 0.5");
    }

    /** Envoy's maglev_lb_test (Apache-2.0): the table of seven entries for six hosts, by address and by name. */
    @ParameterizedTest
    @CsvSource({"127.0.0.1:, 2 4 0 1 5 0 3", "'', 2 5 0 3 4 1 0"})
    void maglevPlacesKeysAsEnvoyDoes(String prefix, String table) {
        List<Member<String>> hosts = members(6);
        for (int i = 0; i < 6; i++) {
            hosts.set(i, renamed(hosts.get(i), prefix + (90 + i)));
        }
        Picker<String> small = KeyedPolicies.<String>maglev(ids -> 7, Double.POSITIVE_INFINITY)
                .over(candidates(hosts), Chance.seeded(1), null);
        // The smallest hash of each entry: entries share the hashes by their top bits.
        String entries = IntStream.range(0, 7)
                .mapToObj(entry -> small.pick(((((long) entry << 32) + 6) / 7) << 32))
                .map(host -> String.valueOf(hosts.indexOf(host)))
                .collect(Collectors.joining(" "));
        assertThat(entries).isEqualTo(table);
    }

    private static Member<String> renamed(Member<String> member, String id) {
        return new Member<>(Endpoint.of(id, id), member.cell(), member.ticks());
    }
}
