package dev.tenfold.balance;

import java.util.random.RandomGenerator;

/** Draws by weight and by nothing else. */
final class RandomPick<T> implements Picker<T> {

    private final Candidates<T> candidates;
    private final Draw draw;

    RandomPick(Candidates<T> candidates, RandomGenerator random) {
        this.candidates = candidates;
        this.draw = new Draw(candidates, random);
    }

    @Override
    public Member<T> pick() {
        return candidates.member(draw.one());
    }
}
