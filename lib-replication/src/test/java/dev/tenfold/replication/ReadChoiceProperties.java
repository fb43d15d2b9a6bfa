package dev.tenfold.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.observe.Observer;
import dev.tenfold.replication.ReadPreference.Mode;
import dev.tenfold.replication.ReplicaTopology.Member;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** A choice, computed once and used for many reads, against the plainest reading of the rules. */
class ReadChoiceProperties {

    private static final long INTERVAL = Duration.ofMillis(250).toNanos();

    private final AtomicLong changes = new AtomicLong();
    private final PrimaryHistory history = new PrimaryHistory();

    private record World(ReplicaTopology<String> topology, NodeState<String>[] nodes) {}

    @Property(tries = 2_000)
    void aReadGoesToTheLeastLoadedOfTheNearOfTheFirstTierThatIsThere(
            @ForAll long seed, @ForAll Mode mode, @ForAll @IntRange(min = 1, max = 7) int size) {
        Random random = new Random(seed);
        World world = world(random, size);
        ReadPreference preference = ReadPreference.of(mode).withLatencyWindow(Duration.ofNanos(10));
        if (mode != Mode.PRIMARY && random.nextBoolean()) {
            preference = preference.withTags(Map.of("zone", "x"));
        }
        if (mode != Mode.PRIMARY && random.nextBoolean()) {
            preference = preference.withTags(Map.of());
        }
        ReadChoice<String> choice = choice(world, preference);
        long required = random.nextInt(3) == 0 ? 0 : random.nextInt(100);
        long tried = random.nextInt(4) == 0 ? random.nextInt(1 << size) : 0;

        List<Integer> allowed = model(world, preference, required, tried);
        int chosen = choice.choose(required, tried, random.nextInt());
        if (allowed.isEmpty()) {
            assertThat(chosen).isEqualTo(ReadChoice.NONE);
        } else {
            assertThat(allowed).contains(chosen);
        }
    }

    @Property(tries = 20)
    void equalsShareTheReadsEvenly(@ForAll long seed, @ForAll @IntRange(min = 2, max = 6) int replicas) {
        Random random = new Random(seed);
        List<Member<String>> members = new ArrayList<>();
        NodeState<String>[] nodes = nodes(replicas);
        for (int i = 0; i < replicas; i++) {
            answer(nodes, members, i, Role.REPLICA, 5, 100);
        }
        ReadChoice<String> choice =
                choice(new World(new ReplicaTopology<>(1, 1, members, List.of()), nodes), ReadPreference.replica());
        int[] counts = new int[replicas];
        int reads = 20_000;
        for (int i = 0; i < reads; i++) {
            counts[choice.choose(0, 0, random.nextInt())]++;
        }
        for (int count : counts) {
            assertThat(count).isBetween((int) (reads / replicas * 0.85), (int) (reads / replicas * 1.15));
        }
    }

    private World world(Random random, int size) {
        List<Member<String>> members = new ArrayList<>();
        NodeState<String>[] nodes = nodes(size);
        int primary = random.nextInt(size + 1);
        for (int i = 0; i < size; i++) {
            Map<String, String> tags = random.nextBoolean() ? Map.of("zone", "x") : Map.of();
            Endpoint<String> endpoint =
                    Endpoint.of("n" + i, "n" + i).withTags(tags).withWeight(1 + random.nextInt(3));
            nodes[i] = new NodeState<>(i, endpoint, 0, changes, health(i));
            Role role = i == primary ? Role.PRIMARY : random.nextInt(5) == 0 ? Role.ZOMBIE : Role.REPLICA;
            answer(nodes, members, i, role, random.nextInt(30), random.nextInt(100));
            if (random.nextInt(6) == 0) {
                nodes[i].suspected();
            }
            for (int calls = random.nextInt(4); calls > 0; calls--) {
                nodes[i].begin();
            }
        }
        return new World(new ReplicaTopology<>(1, 1, members, List.of()), nodes);
    }

    private static HealthCell health(int i) {
        return new HealthGroup(
                        "test", HealthPolicy.defaults(), new SimulatedTime(), new EventRelay(Observer.none()), () -> {})
                .update(List.of("n" + i))
                .get("n" + i);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private NodeState<String>[] nodes(int size) {
        NodeState<String>[] nodes = new NodeState[size];
        for (int i = 0; i < size; i++) {
            nodes[i] = new NodeState<>(i, Endpoint.of("n" + i, "n" + i), 0, changes, health(i));
        }
        return nodes;
    }

    private static void answer(
            NodeState<String>[] nodes, List<Member<String>> members, int i, Role role, long roundTrip, long offset) {
        LogPosition at = new LogPosition(1, offset);
        Probe probe = role == Role.REPLICA ? Probe.replica(true, at, at) : Probe.primary(at);
        nodes[i].answered(probe, 1_000, 1_000 + roundTrip);
        members.add(new Member<>(nodes[i].endpoint(), role));
    }

    private ReadChoice<String> choice(World world, ReadPreference preference) {
        return ReadChoice.of(0, world.topology, world.nodes, history, preference, INTERVAL, 0);
    }

    /** Word for word, and without a thought to cost. */
    private static List<Integer> model(World world, ReadPreference preference, long required, long tried) {
        List<List<Integer>> tiers = new ArrayList<>();
        List<Integer> primaries = byRole(world, Role.PRIMARY);
        List<Integer> replicas = byRole(world, Role.REPLICA);
        List<Map<String, String>> sets = preference.tags().isEmpty() ? List.of(Map.of()) : preference.tags();
        Mode mode = preference.mode();
        if (mode == Mode.PRIMARY || mode == Mode.PRIMARY_PREFERRED) {
            tiers.add(primaries);
        }
        if (mode != Mode.PRIMARY) {
            List<Integer> pool = new ArrayList<>(replicas);
            if (mode == Mode.NEAREST) {
                pool.addAll(primaries);
            }
            for (Map<String, String> set : sets) {
                tiers.add(pool.stream()
                        .filter(i -> world.nodes[i].endpoint().tags().entrySet().containsAll(set.entrySet()))
                        .toList());
            }
        }
        for (List<Integer> tier : tiers) {
            List<Integer> open = tier.stream()
                    .filter(i -> (tried & (1L << i)) == 0)
                    .filter(i -> world.topology.members().get(i).role() == Role.PRIMARY
                            || world.nodes[i].replayed().offset() >= required)
                    .toList();
            if (!open.isEmpty()) {
                return leastLoaded(world, open);
            }
        }
        return List.of();
    }

    private static List<Integer> leastLoaded(World world, List<Integer> open) {
        long nearest = open.stream().mapToLong(i -> roundTrip(world, i)).min().orElseThrow();
        List<Integer> near =
                open.stream().filter(i -> roundTrip(world, i) - nearest <= 10).toList();
        double least = near.stream().mapToDouble(i -> load(world, i)).min().orElseThrow();
        return near.stream().filter(i -> load(world, i) <= least * 1.000001).toList();
    }

    private static long roundTrip(World world, int i) {
        return world.nodes[i].status().roundTrip();
    }

    private static double load(World world, int i) {
        return (world.nodes[i].inFlight() + 1) / world.nodes[i].endpoint().weight();
    }

    private static List<Integer> byRole(World world, Role role) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < world.nodes.length; i++) {
            if (world.topology.members().get(i).role() == role && world.nodes[i].isHealthy()) {
                found.add(i);
            }
        }
        return found;
    }
}
