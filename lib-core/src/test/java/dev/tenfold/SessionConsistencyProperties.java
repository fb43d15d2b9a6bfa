package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Deadline;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Several processes, each with a cache of its own, over a primary with lagging replicas; sessions wander between the
 * processes as signed tokens. Replicas move on during reads. No session may read a version older than one it has read or
 * written.
 */
class SessionConsistencyProperties {

    private static final int KEYS = 4;

    @Property(tries = 300)
    void noSessionEverGoesBackInTime(@ForAll long seed) {
        RandomGenerator random = Chance.seeded(seed);
        LaggingReplicas replicas = new LaggingReplicas(random);
        List<DataPath<Integer, Integer>> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(Tenfold.<Integer, Integer>dataPath("numbers")
                    .replicatedOn(replicas)
                    .reading(Map::get)
                    .writing(Map::put)
                    .cachedIn(new MapCache<Integer, Integer>())
                    .build());
        }
        SessionToken tokens = SessionToken.signedWith("a secret of the test".getBytes(StandardCharsets.UTF_8));
        String[] cookies = new String[3];
        int[][] seen = new int[cookies.length][KEYS];
        for (int i = 0; i < cookies.length; i++) {
            cookies[i] = tokens.encode(new Session());
        }
        int version = 0;
        for (int step = 0; step < 200; step++) {
            int user = random.nextInt(cookies.length);
            int key = random.nextInt(KEYS);
            Session session = tokens.decode(cookies[user]);
            DataPath<Integer, Integer> path =
                    processes.get(random.nextInt(processes.size())).in(session);
            if (random.nextInt(4) == 0) {
                path.put(key, ++version);
                seen[user][key] = version;
            } else {
                Integer value = path.get(key);
                int read = value == null ? 0 : value;
                assertThat(read)
                        .as("seed %d, step %d, user %d, key %d", seed, step, user, key)
                        .isGreaterThanOrEqualTo(seen[user][key]);
                seen[user][key] = read;
            }
            cookies[user] = tokens.encode(session);
            replicas.replaySome();
        }
    }

    /** A log, a primary that has applied all of it, and two replicas that have applied some. */
    private static final class LaggingReplicas implements Replicas<Map<Integer, Integer>> {
        private final RandomGenerator random;
        private final List<Map<Integer, Integer>> history = new ArrayList<>(List.of(Map.of()));
        private final int[] replayed = new int[2];

        LaggingReplicas(RandomGenerator random) {
            this.random = random;
        }

        void replaySome() {
            int replica = random.nextInt(replayed.length);
            replayed[replica] += random.nextInt(history.size() - replayed[replica]);
        }

        @Override
        public String name() {
            return "db";
        }

        @Override
        public <R, X extends Exception> Positioned<R> read(
                Position minimum, Deadline deadline, Call<? super Map<Integer, Integer>, ? extends R, ? extends X> call)
                throws X {
            int replica = random.nextInt(replayed.length + 1);
            int newest = history.size() - 1;
            int before =
                    replica == replayed.length || minimum.offset() > replayed[replica] ? newest : replayed[replica];
            int during = before + random.nextInt(newest - before + 1);
            int after = during + random.nextInt(newest - during + 1);
            return new Positioned<>(
                    call.on(history.get(during)), new Position("db", 1, before), new Position("db", 1, after));
        }

        @Override
        public <R, X extends Exception> Positioned<R> write(
                Deadline deadline, Call<? super Map<Integer, Integer>, ? extends R, ? extends X> call) throws X {
            Map<Integer, Integer> next = new HashMap<>(history.get(history.size() - 1));
            R answer = call.on(next);
            history.add(next);
            return new Positioned<>(answer, new Position("db", 1, history.size() - 1));
        }
    }
}
