package dev.tenfold.balance;

import static dev.tenfold.balance.Pools.candidates;
import static dev.tenfold.balance.Pools.members;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.time.Chance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubsetTest {

    /** Whom the policy lets another see. */
    private static Candidates<String> narrowed(
            Function<Policy<String>, Policy<String>> narrowing, Candidates<String> candidates) {
        List<Candidates<String>> seen = new ArrayList<>();
        narrowing
                .apply((inner, chance, previous) -> {
                    seen.add(inner);
                    return () -> inner.member(0);
                })
                .over(candidates, Chance.seeded(1), null);
        return seen.get(0);
    }

    private static Set<String> ids(Candidates<String> candidates) {
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < candidates.size(); i++) {
            ids.add(candidates.member(i).target());
        }
        return ids;
    }

    private static Set<String> rendezvous(int size, String client, Candidates<String> candidates) {
        return ids(narrowed(within -> Policies.subset(size, client, within), candidates));
    }

    /** The samples of gRPC's proposal A68: clients, servers and size of the subset; every server's clients near the mean. */
    @ParameterizedTest
    @CsvSource({"100,100,5", "100,100,25", "100,10,5", "500,10,5", "2000,10,5"})
    void clientsSpreadEvenlyOverServers(int clients, int servers, int size) {
        Candidates<String> all = candidates(members(servers));
        int[] connections = new int[servers];
        for (int client = 0; client < clients; client++) {
            Set<String> few = rendezvous(size, "client-" + client, all);
            assertThat(few).hasSize(size);
            for (int i = 0; i < servers; i++) {
                connections[i] += few.contains(all.member(i).target()) ? 1 : 0;
            }
        }
        double mean = (double) clients * size / servers;
        double deviation = Math.sqrt(mean * (1 - (double) size / servers));
        for (int count : connections) {
            assertThat((double) count).isCloseTo(mean, within(4.5 * deviation));
        }
    }

    @Test
    void aPoolSmallerThanTheSubsetIsUsedWhole() {
        assertThat(rendezvous(20, "me", candidates(members(7)))).hasSize(7);
    }

    /** A68: one server more or less changes at most one of the few. */
    @Test
    void oneServerThatComesOrGoesChangesAtMostOneOfTheFew() {
        List<Member<String>> all = members(40);
        for (int client = 0; client < 50; client++) {
            Set<String> before = rendezvous(8, "c" + client, candidates(all));
            for (int gone = 0; gone < 40; gone++) {
                List<Member<String>> left = new ArrayList<>(all);
                String id = left.remove(gone).target();
                Set<String> after = rendezvous(8, "c" + client, candidates(left));
                Set<String> kept = new TreeSet<>(before);
                kept.retainAll(after);
                assertThat(kept).hasSize(before.contains(id) ? 7 : 8);
            }
        }
    }

    @Test
    void whoTakesNoCallsLendsItsPlaceToTheNext() {
        List<Member<String>> all = members(20);
        Set<String> before = rendezvous(5, "me", candidates(all));
        List<Member<String>> healthy = new ArrayList<>(all);
        healthy.removeIf(member -> member.target().equals(before.iterator().next()));
        Candidates<String> fewer = new Candidates<>(healthy, ones(19), all);
        Set<String> after = rendezvous(5, "me", fewer);
        assertThat(after).hasSize(5).containsAll(before.stream().skip(1).toList());
    }

    /** What Finagle's ring promises: whatever the numbers, all clients together load every server alike. */
    @ParameterizedTest
    @CsvSource({"3,5,1", "10,7,3", "7,100,12", "100,7,12", "16,16,4", "1,30,12", "99,100,12", "5,12,12"})
    void aperturesOfAllClientsLoadEveryServerAlike(int clients, int servers, int minimum) {
        Candidates<String> all = candidates(members(servers));
        double[] load = new double[servers];
        for (int client = 0; client < clients; client++) {
            int number = client;
            Candidates<String> arc = narrowed(within -> Policies.aperture(number, clients, minimum, within), all);
            assertThat(arc.size()).isGreaterThanOrEqualTo(Math.min(minimum, servers));
            double sum = 0;
            for (int i = 0; i < arc.size(); i++) {
                sum += arc.weight(i);
            }
            for (int i = 0; i < arc.size(); i++) {
                load[place(all, arc.member(i))] += arc.weight(i) / sum;
            }
        }
        double mean = (double) clients / servers;
        for (double each : load) {
            assertThat(each).isCloseTo(mean, within(1e-6 * clients));
        }
    }

    @Test
    void anApertureInWhichFewTakeCallsIsDoubled() {
        List<Member<String>> all = members(24);
        Set<String> arc = ids(narrowed(within -> Policies.aperture(0, 4, 6, within), candidates(all)));
        assertThat(arc).hasSize(6);
        List<Member<String>> healthy = new ArrayList<>(all);
        healthy.removeIf(member -> arc.contains(member.target())
                && !member.target().equals(arc.iterator().next()));
        Set<String> wider = ids(narrowed(
                within -> Policies.aperture(0, 4, 6, within), new Candidates<>(healthy, ones(healthy.size()), all)));
        assertThat(wider).hasSizeBetween(6, 7);
    }

    @Test
    void weightsOfTheEndpointsGoIn() {
        List<Member<String>> all = members(4);
        Candidates<String> arc = narrowed(within -> Policies.aperture(0, 1, 4, within), candidates(all, 1, 2, 3, 4));
        assertThat(arc.size()).isEqualTo(4);
        for (int i = 0; i < 4; i++) {
            assertThat(arc.weight(i)).isCloseTo(i + 1, within(1e-9));
        }
    }

    private static int place(Candidates<String> all, Member<String> member) {
        for (int i = 0; i < all.size(); i++) {
            if (all.member(i) == member) {
                return i;
            }
        }
        throw new AssertionError(member);
    }

    private static double[] ones(int size) {
        double[] ones = new double[size];
        Arrays.fill(ones, 1);
        return ones;
    }
}
