package dev.tenfold.balance;

import java.util.random.RandomGenerator;

/**
 * The least loaded of all, by a full scan. Of those that are equally loaded one is drawn by weight while scanning (weighted
 * reservoir of one: M. T. Chao, "A General Purpose Unequal Probability Sampling Plan", 1982); the first would do for one client,
 * but many clients that see the same loads would all choose it.
 */
final class LeastOfAll<T> implements Picker<T> {

    private final Candidates<T> candidates;
    private final RandomGenerator random;
    private final double heaviest;

    LeastOfAll(Candidates<T> candidates, RandomGenerator random) {
        this.candidates = candidates;
        this.random = random;
        this.heaviest = candidates.heaviest();
    }

    @Override
    public Member<T> pick() {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        double tied = 0;
        for (int i = 0; i < candidates.size(); i++) {
            double load = LeastLoaded.load(candidates, i);
            if (load > least) {
                continue;
            }
            double weight = candidates.weight(i) / heaviest;
            tied = load < least ? weight : tied + weight;
            if (load < least || random.nextDouble() * tied < weight) {
                best = i;
                least = load;
            }
        }
        return candidates.member(best);
    }
}
