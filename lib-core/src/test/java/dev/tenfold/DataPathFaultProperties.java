package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * While primaries are replaced and keys move, a call succeeds, waits within its deadline, or says whether the write may have
 * happened; and no session goes back in time.
 */
class DataPathFaultProperties {

    private static final int USERS = 3;
    private static final int KEYS = 5;
    private static final Duration DEADLINE = Duration.ofSeconds(1);

    @Property(tries = 300)
    void everyCallSucceedsWaitsOrSaysWhatBecameOfIt(@ForAll long seed) {
        RandomGenerator random = Chance.seeded(seed);
        SimulatedTime time = new SimulatedTime();
        MovingShards shards = new MovingShards(random, 3, KEYS);
        List<DataPath<Integer, Integer>> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            MovingShards.Process process = shards.process(true);
            processes.add(Tenfold.<Integer, Integer>dataPath("numbers")
                    .shardedBy(new FaultyShards(process, random, time, DEADLINE))
                    .reading((node, key) -> node.read(key, process.version()))
                    .writing((node, key, value) -> {
                        node.guard(key, process.version());
                        node.values().put(key, value);
                    })
                    .cachedIn(new MapCache<Integer, Integer>())
                    .deadline(DEADLINE)
                    .observer(event -> {})
                    .time(time)
                    .random(random)
                    .build());
        }
        SessionToken tokens = SessionToken.signedWith("a secret of the test".getBytes(StandardCharsets.UTF_8));
        String[] cookies = new String[USERS];
        int[][] seen = new int[USERS][KEYS];
        for (int i = 0; i < USERS; i++) {
            cookies[i] = tokens.encode(new Session());
        }
        int version = 0;
        for (int step = 0; step < 200; step++) {
            String now = "seed " + seed + ", step " + step;
            int user = random.nextInt(USERS);
            int key = random.nextInt(KEYS);
            Session session = tokens.decode(cookies[user]);
            DataPath<Integer, Integer> path =
                    processes.get(random.nextInt(processes.size())).in(session);
            Integer before = shards.truth(key);
            long began = time.nanoTime();
            if (random.nextInt(3) == 0) {
                int mine = ++version;
                try {
                    path.put(key, mine);
                    assertThat(shards.truth(key)).as(now).isEqualTo(mine);
                    seen[user][key] = mine;
                } catch (OutcomeUnknownException unknown) {
                    assertThat(shards.truth(key)).as(now).isIn(before, mine);
                    Integer truth = shards.truth(key);
                    seen[user][key] = truth == null ? 0 : truth;
                } catch (UnavailableException | DeadlineExceededException | StaleEpochException notDone) {
                    assertThat(shards.truth(key)).as(now + ": " + notDone).isEqualTo(before);
                }
            } else {
                try {
                    Integer value = path.get(key);
                    int read = value == null ? 0 : value;
                    assertThat(read).as(now).isGreaterThanOrEqualTo(seen[user][key]);
                    seen[user][key] = read;
                } catch (UnavailableException | DeadlineExceededException | StaleEpochException notNow) {
                    // a read may be repeated
                }
            }
            assertThat(Duration.ofNanos(time.nanoTime() - began)).as(now).isLessThanOrEqualTo(DEADLINE);
            cookies[user] = tokens.encode(session);
            shards.replaySome();
            if (random.nextInt(10) == 0) {
                shards.move(random.nextInt(KEYS));
            }
        }
    }
}
