package dev.tenfold.balance;

import java.util.random.RandomGenerator;

/** The least loaded of a few distinct draws: of two in the usual case, of more, or of all. */
final class LeastLoaded {

    private LeastLoaded() {}

    static <T> Picker<T> over(Candidates<T> candidates, RandomGenerator random) {
        return over(candidates, random, 2);
    }

    static <T> Picker<T> over(Candidates<T> candidates, RandomGenerator random, int choices) {
        if (choices == 2 && candidates.size() > 1) {
            return candidates.isEven() ? new EvenPair<>(candidates, random) : new WeightedPair<>(candidates, random);
        }
        return choices >= candidates.size()
                ? new LeastOfAll<>(candidates, random)
                : new Several<>(candidates, random, choices);
    }

    private static final class EvenPair<T> implements Picker<T> {

        private final Candidates<T> candidates;
        private final Draw draw;

        EvenPair(Candidates<T> candidates, RandomGenerator random) {
            this.candidates = candidates;
            this.draw = new Draw(candidates, random);
        }

        @Override
        public Member<T> pick() {
            long pair = draw.pair();
            Member<T> first = candidates.member(Draw.first(pair));
            Member<T> second = candidates.member(Draw.second(pair));
            return second.inFlight() < first.inFlight() ? second : first;
        }
    }

    private static final class WeightedPair<T> implements Picker<T> {

        private final Candidates<T> candidates;
        private final Draw draw;

        WeightedPair(Candidates<T> candidates, RandomGenerator random) {
            this.candidates = candidates;
            this.draw = new Draw(candidates, random);
        }

        @Override
        public Member<T> pick() {
            long pair = draw.pair();
            int one = Draw.first(pair);
            int two = Draw.second(pair);
            return load(candidates, two) < load(candidates, one) ? candidates.member(two) : candidates.member(one);
        }
    }

    /**
     * More than two choices. With even weights they are the steps of double hashing, a start and a stride, which balance as
     * well as independent draws (M. Mitzenmacher, "Balanced Allocations and Double Hashing", 2014) and are distinct without
     * remembering any. With others each draw is by weight and differs from the best so far.
     */
    private static final class Several<T> implements Picker<T> {

        private final Candidates<T> candidates;
        private final RandomGenerator random;
        private final Draw draw;
        private final int choices;

        Several(Candidates<T> candidates, RandomGenerator random, int choices) {
            this.candidates = candidates;
            this.random = random;
            this.draw = new Draw(candidates, random);
            this.choices = choices;
        }

        @Override
        public Member<T> pick() {
            int best = draw.one();
            int size = candidates.size();
            int stride = candidates.isEven() ? stride(size) : 0;
            int next = best;
            for (int i = 1; i < choices; i++) {
                if (stride > 0) {
                    next += stride;
                    next -= next >= size ? size : 0;
                } else {
                    next = draw.another(best);
                }
                if (load(candidates, next) < load(candidates, best)) {
                    best = next;
                }
            }
            return candidates.member(best);
        }

        /** Draws a stride that does not come back to its start within the choices. */
        private int stride(int size) {
            while (true) {
                int stride = 1 + random.nextInt(size - 1);
                boolean returns = false;
                for (long i = 2; i < choices; i++) {
                    returns |= i * stride % size == 0;
                }
                if (!returns) {
                    return stride;
                }
            }
        }
    }

    static double load(Candidates<?> candidates, int index) {
        return candidates.member(index).inFlight() / candidates.weight(index);
    }
}
