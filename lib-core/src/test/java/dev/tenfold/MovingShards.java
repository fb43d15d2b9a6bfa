package dev.tenfold;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.Deadline;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Shards of lagging replicas, and keys that move between them. For one thread. */
final class MovingShards {

    private final RandomGenerator random;
    private final List<LaggingReplicas> shards = new ArrayList<>();
    /** The owner of each key, in each version of the map. */
    private final List<int[]> maps = new ArrayList<>();

    MovingShards(RandomGenerator random, int count, int keys) {
        this.random = random;
        int[] owners = new int[keys];
        List<Node> first = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            first.add(new Node(new HashMap<>(), new HashMap<>()));
        }
        for (int key = 0; key < keys; key++) {
            owners[key] = random.nextInt(count);
            first.get(owners[key]).owned.put(key, 0);
        }
        for (int i = 0; i < count; i++) {
            shards.add(new LaggingReplicas("s" + i, random, first.get(i)));
        }
        maps.add(owners);
    }

    /**
     * What a node holds: the keys that left it too, as they were then.
     *
     * @param owned the version of the map since which it has owned a key; a key that was away comes back with a later one
     */
    record Node(Map<Integer, Integer> values, Map<Integer, Integer> owned) {

        Node copy() {
            return new Node(new HashMap<>(values), new HashMap<>(owned));
        }

        /** Reads a key, and makes sure afterwards that it lives here. */
        @Nullable
        Integer read(int key, int version) {
            Integer value = values.get(key);
            guard(key, version);
            return value;
        }

        /** Refuses whoever comes by a map from before the key came here: it may have been elsewhere meanwhile. */
        void guard(int key, int version) {
            Integer since = owned.get(key);
            if (since == null || since > version) {
                throw new StaleEpochException("key " + key, version, since == null ? version + 1 : since);
            }
        }
    }

    void replaySome() {
        shards.get(random.nextInt(shards.size())).replaySome();
    }

    void move(int key) {
        move(key, random.nextInt(shards.size()));
    }

    int owner(int key) {
        return maps.get(maps.size() - 1)[key];
    }

    /** Moves a key at once: it is fenced on the giver, complete on the taker, and then the map says so. */
    void move(int key, int to) {
        int[] owners = maps.get(maps.size() - 1).clone();
        LaggingReplicas giver = shards.get(owners[key]);
        owners[key] = to;
        LaggingReplicas taker = shards.get(owners[key]);
        if (taker == giver) {
            return;
        }
        Integer value = giver.primary().values.get(key);
        Node given = giver.primary().copy();
        given.owned.remove(key);
        giver.history.add(given);
        Node taken = taker.primary().copy();
        taken.owned.put(key, maps.size());
        if (value == null) {
            taken.values.remove(key);
        } else {
            taken.values.put(key, value);
        }
        taker.history.add(taken);
        maps.add(owners);
    }

    /** What the owner's primary holds of a key. */
    @Nullable
    Integer truth(int key) {
        return shards.get(owner(key)).primary().values.get(key);
    }

    /** A process that knows the map as it is now. */
    Process process(boolean tells) {
        return new Process(tells);
    }

    /** Routes by the map it knows. */
    final class Process implements Locator<Integer, LaggingReplicas> {

        private final boolean tells;
        private int known;

        Process(boolean tells) {
            this.tells = tells;
            refresh();
        }

        void refresh() {
            known = maps.size() - 1;
        }

        int version() {
            return known;
        }

        @Override
        public LaggingReplicas locate(Integer key) {
            return shards.get(maps.get(known)[key]);
        }

        @Override
        public LaggingReplicas relocate(Integer key, StaleEpochException refused, Deadline deadline) {
            refresh();
            return locate(key);
        }

        @Override
        public Position topology() {
            return tells ? new Position("map", 0, known + 1) : Position.none();
        }
    }

    /** A log, a primary that has applied all of it, and two replicas that have applied some. */
    static final class LaggingReplicas implements Replicas<Node> {

        private final String name;
        private final RandomGenerator random;
        private final List<Node> history;
        private final int[] replayed = new int[2];

        LaggingReplicas(String name, RandomGenerator random, Node first) {
            this.name = name;
            this.random = random;
            this.history = new ArrayList<>(List.of(first, first));
        }

        Node primary() {
            return history.get(history.size() - 1);
        }

        void replaySome() {
            int replica = random.nextInt(replayed.length);
            replayed[replica] += random.nextInt(history.size() - replayed[replica]);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public <R, X extends Exception> Positioned<R> read(
                Position minimum, Deadline deadline, Call<? super Node, ? extends R, ? extends X> call) throws X {
            int replica = random.nextInt(replayed.length + 1);
            int newest = history.size() - 1;
            int before =
                    replica == replayed.length || minimum.offset() > replayed[replica] ? newest : replayed[replica];
            int during = before + random.nextInt(newest - before + 1);
            int after = during + random.nextInt(newest - during + 1);
            return new Positioned<>(call.on(history.get(during)), at(before), at(after));
        }

        @Override
        public <R, X extends Exception> Positioned<R> write(
                Deadline deadline, Call<? super Node, ? extends R, ? extends X> call) throws X {
            Node next = primary().copy();
            R answer = call.on(next);
            history.add(next);
            return new Positioned<>(answer, at(history.size() - 1));
        }

        private Position at(int offset) {
            return new Position(name, 1, offset);
        }
    }
}
