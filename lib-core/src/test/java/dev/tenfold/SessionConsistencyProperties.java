package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.MovingShards.Process;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import dev.tenfold.time.Chance;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * Several processes, each with a cache of its own, over shards of a primary with lagging replicas; sessions wander between the
 * processes as signed tokens. Replicas move on during reads, keys move between shards, and processes hear late of it. No
 * session may read a version older than one it has read or written.
 *
 * <p>The flaws show that the simulation would find what each part of the rule is for.
 */
class SessionConsistencyProperties {

    private static final int USERS = 3;

    private enum Flaw {
        NONE,
        /** What a session reads is not noted: a cache hit needs to cover only what the session wrote. */
        READS_ARE_FORGOTTEN,
        /** What a session writes is not noted. */
        WRITES_ARE_FORGOTTEN,
        /** All reads have one name: any copy counts as the one that was shown before. */
        READS_HAVE_ONE_NAME,
        /** Nobody tells sessions that keys have moved. */
        TOPOLOGY_IS_NOT_TOLD
    }

    @Property(tries = 300)
    void noSessionEverGoesBackInTime(@ForAll long seed) {
        assertThat(violation(seed, 4, false, Flaw.NONE)).isNull();
    }

    @Property(tries = 100)
    void norWhereASessionReadsMoreKeysThanItRemembers(@ForAll long seed) {
        assertThat(violation(seed, 2 * Session.MAXIMUM_KEYS, false, Flaw.NONE)).isNull();
    }

    @Property(tries = 300)
    void norWhereKeysMoveBetweenShards(@ForAll long seed) {
        assertThat(violation(seed, 6, true, Flaw.NONE)).isNull();
    }

    @Example
    void findsAViolationWhereReadsAreNotNoted() {
        assertThat(violations(false, Flaw.READS_ARE_FORGOTTEN)).isPositive();
    }

    @Example
    void findsAViolationWhereWritesAreNotNoted() {
        assertThat(violations(false, Flaw.WRITES_ARE_FORGOTTEN)).isPositive();
    }

    @Example
    void findsAViolationWhereReadsCannotBeToldApart() {
        assertThat(violations(false, Flaw.READS_HAVE_ONE_NAME)).isPositive();
    }

    @Example
    void findsAViolationWhereSessionsAreNotToldThatKeysMoved() {
        assertThat(violations(true, Flaw.TOPOLOGY_IS_NOT_TOLD)).isPositive();
    }

    /** A key goes and comes back, while one process routes by a map from before and another by one from between. */
    @Property(tries = 100)
    void norWhereAKeyComesBack(@ForAll long seed) {
        assertThat(goesBackWhenAKeyComesBack(seed, MovingShards.Node::read)).isFalse();
    }

    @Example
    void findsAViolationWhereAKeyComesBackAndReadsAreNotGuarded() {
        assertThat(LongStream.range(0, 20)
                        .filter(seed -> goesBackWhenAKeyComesBack(
                                seed, (node, key, version) -> node.values().get(key)))
                        .count())
                .isPositive();
    }

    private interface Read {
        @Nullable
        Integer of(MovingShards.Node node, int key, int version);
    }

    private static boolean goesBackWhenAKeyComesBack(long seed, Read read) {
        RandomGenerator random = Chance.seeded(seed);
        MovingShards shards = new MovingShards(random, 2, 1);
        Process before = shards.process(true);
        shards.move(0, 1 - shards.owner(0));
        Process between = shards.process(true);
        shards.move(0, 1 - shards.owner(0));
        Process after = shards.process(true);
        path(after, read, random).put(0, 1);
        Session session = new Session();
        Integer first = path(before, read, random).in(session).get(0);
        Integer second = path(between, read, random).in(session).get(0);
        return first != null && second == null;
    }

    private static DataPath<Integer, Integer> path(Process process, Read read, RandomGenerator random) {
        return Tenfold.<Integer, Integer>dataPath("numbers")
                .shardedBy(process)
                .reading((node, key) -> read.of(node, key, process.version()))
                .writing((node, key, value) -> {
                    node.guard(key, process.version());
                    node.values().put(key, value);
                })
                .random(random)
                .build();
    }

    private static long violations(boolean moving, Flaw flaw) {
        return LongStream.range(0, 200)
                .filter(seed -> violation(seed, 4, moving, flaw) != null)
                .count();
    }

    private static @Nullable String violation(long seed, int keys, boolean moving, Flaw flaw) {
        RandomGenerator random = Chance.seeded(seed);
        MovingShards shards = new MovingShards(random, moving ? 3 : 1, keys);
        List<Process> homes = new ArrayList<>();
        List<DataPath<Integer, Integer>> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Process process = shards.process(flaw != Flaw.TOPOLOGY_IS_NOT_TOLD);
            homes.add(process);
            processes.add(Tenfold.<Integer, Integer>dataPath("numbers")
                    .shardedBy(process)
                    .reading((node, key) -> node.read(key, process.version()))
                    .writing((node, key, value) -> {
                        node.guard(key, process.version());
                        node.values().put(key, value);
                    })
                    .cachedIn(new MapCache<Integer, Integer>())
                    .random(flaw == Flaw.READS_HAVE_ONE_NAME ? () -> 7 : random)
                    .build());
        }
        SessionToken tokens = SessionToken.signedWith("a secret of the test".getBytes(StandardCharsets.UTF_8));
        String[] cookies = new String[USERS];
        int[][] seen = new int[USERS][keys];
        for (int i = 0; i < USERS; i++) {
            cookies[i] = tokens.encode(new Session());
        }
        int version = 0;
        for (int step = 0; step < 200; step++) {
            int user = random.nextInt(USERS);
            int key = random.nextInt(keys);
            Session session = tokens.decode(cookies[user]);
            DataPath<Integer, Integer> path =
                    processes.get(random.nextInt(processes.size())).in(session);
            boolean writes = random.nextInt(4) == 0;
            if (writes) {
                path.put(key, ++version);
                seen[user][key] = version;
            } else {
                Integer value = path.get(key);
                int read = value == null ? 0 : value;
                if (read < seen[user][key]) {
                    return "seed " + seed + ", step " + step + ": user " + user + " read " + read + " of key " + key
                            + " after " + seen[user][key];
                }
                seen[user][key] = read;
            }
            if (flaw != (writes ? Flaw.WRITES_ARE_FORGOTTEN : Flaw.READS_ARE_FORGOTTEN)) {
                cookies[user] = tokens.encode(session);
            }
            shards.replaySome();
            if (moving && random.nextInt(10) == 0) {
                shards.move(random.nextInt(keys));
            }
            if (random.nextInt(10) == 0) {
                homes.get(random.nextInt(homes.size())).refresh();
            }
        }
        return null;
    }
}
