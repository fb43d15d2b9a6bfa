package dev.tenfold.balance;

import java.util.random.RandomGenerator;

/** Power of two choices over two distinct draws; one class for even weights, one for others. */
final class LeastLoaded {

    private LeastLoaded() {}

    static <T> Picker<T> over(Candidates<T> candidates, RandomGenerator random) {
        return candidates.isEven() ? new Even<>(candidates, random) : new Weighted<>(candidates, random);
    }

    private static final class Even<T> implements Picker<T> {

        private final Candidates<T> candidates;
        private final RandomGenerator random;
        private final int size;

        Even(Candidates<T> candidates, RandomGenerator random) {
            this.candidates = candidates;
            this.random = random;
            this.size = candidates.size();
        }

        @Override
        public Member<T> pick() {
            if (size == 1) {
                return candidates.member(0);
            }
            // One draw of 64 bits serves both: each half is scaled to its range by multiplication (D. Lemire,
            // 2019). The second range has a hole where the first fell, so the two always differ.
            long bits = random.nextLong();
            int one = (int) (((bits >>> 32) * size) >>> 32);
            int two = (int) (((bits & 0xFFFF_FFFFL) * (size - 1)) >>> 32);
            two += two >= one ? 1 : 0;
            Member<T> first = candidates.member(one);
            Member<T> second = candidates.member(two);
            return second.inFlight() < first.inFlight() ? second : first;
        }
    }

    private static final class Weighted<T> implements Picker<T> {

        /** How often the second draw is repeated while it equals the first, before any other will do. */
        private static final int REDRAWS = 3;

        private final Candidates<T> candidates;
        private final RandomGenerator random;
        private final AliasTable table;

        Weighted(Candidates<T> candidates, RandomGenerator random) {
            this.candidates = candidates;
            this.random = random;
            this.table = new AliasTable(candidates);
        }

        @Override
        public Member<T> pick() {
            int one = table.draw(random.nextLong());
            int two = table.draw(random.nextLong());
            for (int i = 0; two == one && i < REDRAWS; i++) {
                two = table.draw(random.nextLong());
            }
            if (two == one) {
                two = random.nextInt(candidates.size() - 1);
                two += two >= one ? 1 : 0;
            }
            Member<T> first = candidates.member(one);
            Member<T> second = candidates.member(two);
            return second.inFlight() / candidates.weight(two) < first.inFlight() / candidates.weight(one)
                    ? second
                    : first;
        }
    }
}
