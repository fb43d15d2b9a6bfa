package dev.tenfold.balance;

import java.util.IdentityHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * {@link Prequal} at work. The pool outlives the picker: answers of endpoints that stay are carried over, and those of others are
 * found out when they are picked.
 *
 * <p><b>Invariant:</b> {@code asking[i]} is 1 from before the probe of candidate {@code i} is sent until it is answered.
 */
final class PrequalPicker<T> implements Picker<T>, Member.LoadListener<T> {

    /** Fewer answers say too little: then chance decides. */
    private static final int MINIMUM = 2;

    private final Prequal<T> policy;
    private final Candidates<T> candidates;
    private final RandomGenerator random;
    private final Draw draw;
    private final ProbePool<T> pool;
    private final Ticks ticks;
    private final long maximumAge;
    private final double reuse;
    private final IdentityHashMap<Member<T>, Integer> places = new IdentityHashMap<>();
    private final AtomicIntegerArray asking;
    private final ToDoubleFunction<Member<T>> scale;

    PrequalPicker(Prequal<T> policy, Candidates<T> candidates, RandomGenerator random, ProbePool<T> pool) {
        this.policy = policy;
        this.candidates = candidates;
        this.random = random;
        this.draw = new Draw(candidates, random);
        this.pool = pool;
        this.ticks = candidates.member(0).ticks();
        this.maximumAge = policy.maximumAge().toNanos();
        this.reuse = policy.reuse(candidates.size());
        this.asking = new AtomicIntegerArray(candidates.size());
        double mean = candidates.meanWeight();
        for (int i = 0; i < candidates.size(); i++) {
            places.put(candidates.member(i), i);
            candidates.member(i).listen(this);
        }
        this.scale = candidates.isEven()
                ? member -> 1
                : member -> {
                    Integer place = places.get(member);
                    return place == null ? 1 : mean / candidates.weight(place);
                };
    }

    @Override
    public Member<T> pick() {
        long now = ticks.nanoTime();
        ticks.at(now);
        Member<T> picked = choose(now);
        for (int i = rounded(policy.removedPerCall()); i > 0; i--) {
            pool.dropOne(scale);
        }
        for (int i = rounded(policy.probesPerCall()); i > 0; i--) {
            ask(draw.one());
        }
        return picked;
    }

    private Member<T> choose(long now) {
        ProbePool.Word<T> best = pool.best(now - maximumAge, MINIMUM, scale);
        while (best != null) {
            if (places.containsKey(best.member)) {
                pool.use(best);
                return best.member;
            }
            // It left, or takes no calls now.
            pool.drop(best);
            best = pool.best(now - maximumAge, MINIMUM, scale);
        }
        return candidates.member(draw.one());
    }

    private void ask(int index) {
        if (asking.compareAndSet(index, 0, 1)) {
            Member<T> member = candidates.member(index);
            policy.ask(member.target(), load -> {
                asking.set(index, 0);
                if (load == null) {
                    pool.drop(member);
                } else {
                    reported(member, load, ticks.nanoTime());
                }
            });
        }
    }

    @Override
    public void reported(Member<T> member, ServerLoad load, long now) {
        pool.add(new ProbePool.Word<>(member, load, now, rounded(reuse)));
    }

    /** Rounds by chance, so that the mean is the value itself. */
    private int rounded(double value) {
        int whole = (int) value;
        return value == whole || random.nextDouble() >= value - whole ? whole : whole + 1;
    }

    Prequal<T> policy() {
        return policy;
    }

    ProbePool<T> pool() {
        return pool;
    }
}
