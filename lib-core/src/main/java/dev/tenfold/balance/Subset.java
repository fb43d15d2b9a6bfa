package dev.tenfold.balance;

import dev.tenfold.hash.KeyHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Narrows the candidates to a few, the same few as long as they take calls, so that a client of a large pool has enough calls with
 * each endpoint to learn from, and each endpoint has connections from few clients.
 *
 * @param chooser which few
 * @param within picks among them
 */
record Subset<T>(Chooser chooser, Policy<T> within) implements Policy<T> {

    /** Weighs endpoints down, most of them to nothing. */
    @FunctionalInterface
    interface Chooser {

        /**
         * Chooses.
         *
         * @param everyone the hashes of all endpoints' ids
         * @param candidate which of them take calls, at least one
         * @return for each endpoint 0 to 1, which it gets of its weight; above 0 for at least one that takes calls
         */
        double[] choose(long[] everyone, boolean[] candidate);
    }

    @Override
    public Picker<T> over(Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous) {
        List<Member<T>> everyone = candidates.everyone();
        long[] hashes = new long[everyone.size()];
        boolean[] eligible = new boolean[hashes.length];
        double[] weights = new double[hashes.length];
        // Both lists are in the order of the endpoints.
        int next = 0;
        for (int i = 0; i < hashes.length; i++) {
            Member<T> member = everyone.get(i);
            hashes[i] = KeyHash.xxh3().hash(member.endpoint().id());
            if (next < candidates.size() && candidates.member(next) == member) {
                eligible[i] = true;
                weights[i] = candidates.weight(next);
                next++;
            }
        }
        double[] parts = chooser.choose(hashes, eligible);
        List<Member<T>> scope = new ArrayList<>();
        List<Member<T>> chosen = new ArrayList<>();
        double[] chosenWeights = new double[hashes.length];
        for (int i = 0; i < hashes.length; i++) {
            if (parts[i] > 0) {
                scope.add(everyone.get(i));
                if (eligible[i]) {
                    chosenWeights[chosen.size()] = parts[i] * weights[i];
                    chosen.add(everyone.get(i));
                }
            }
        }
        return within.over(
                new Candidates<>(chosen, Arrays.copyOf(chosenWeights, chosen.size()), scope), random, previous);
    }

    /**
     * The first few of an order of one's own: rendezvous hashing, as in gRPC's random subsetting (proposal A68). One endpoint that
     * comes or goes changes at most one of the few.
     */
    record Rendezvous(int size, long client) implements Chooser {

        @Override
        public double[] choose(long[] everyone, boolean[] candidate) {
            Integer[] order = new Integer[everyone.length];
            long[] ranks = new long[everyone.length];
            for (int i = 0; i < ranks.length; i++) {
                order[i] = i;
                ranks[i] = Mix.of(everyone[i] ^ client);
            }
            Arrays.sort(order, (a, b) -> Long.compare(ranks[a], ranks[b]));
            double[] parts = new double[everyone.length];
            int taken = 0;
            for (int i = 0; i < order.length && taken < size; i++) {
                int next = order[i];
                // Who takes no calls is passed over, and its place goes to the next in order until it is back.
                if (candidate[next]) {
                    parts[next] = 1;
                    taken++;
                }
            }
            return parts;
        }
    }

    /**
     * Finagle's deterministic ring aperture (B. Moses and others, "Deterministic Aperture", Twitter 2019): clients and servers stand
     * on one ring at equal distances, and a client uses the arc from its place on, a whole number of clients' distances long and at
     * least {@code minimum} servers. Whoever is cut by an end of the arc gets the part of its weight that is inside, so every
     * server gets the same from all clients together.
     *
     * <p>While less than half of the arc takes calls, the arc is doubled.
     */
    record Aperture(int client, int clients, int minimum) implements Chooser {

        @Override
        public double[] choose(long[] everyone, boolean[] candidate) {
            int servers = everyone.length;
            // In the order of their hashes, which is the same for all clients and sets no neighbours beside each other.
            Integer[] order = new Integer[servers];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, (a, b) -> Long.compareUnsigned(everyone[a], everyone[b]));
            double distance = 1.0 / clients;
            double start = client * distance;
            double width = Math.ceil(Math.min(1, (double) minimum / servers) / distance - 1e-9) * distance;
            while (true) {
                double[] parts = new double[servers];
                double inside = 0;
                double usable = 0;
                for (int place = 0; place < servers; place++) {
                    double part = overlap(start, Math.min(1, width), place, servers);
                    parts[order[place]] = part;
                    inside += part;
                    usable += candidate[order[place]] ? part : 0;
                }
                if ((2 * usable >= inside && usable > 0) || width >= 1) {
                    return parts;
                }
                width *= 2;
            }
        }

        /** Which part of the server's own arc lies on the client's, which may go round the end of the ring. */
        static double overlap(double start, double width, int place, int servers) {
            double from = (double) place / servers;
            double to = (double) (place + 1) / servers;
            double first = Math.min(to, start + width) - Math.max(from, start);
            double second = Math.min(to, start + width - 1) - from;
            double part = (Math.max(0, first) + Math.max(0, second)) * servers;
            // Less than rounding can make is nothing.
            return part < 1e-6 ? 0 : Math.min(1, part);
        }
    }
}
