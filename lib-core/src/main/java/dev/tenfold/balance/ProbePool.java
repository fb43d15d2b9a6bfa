package dev.tenfold.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the servers last said, at most one word from each: Prequal's probe pool.
 *
 * <p>A word is <em>hot</em> where its calls in flight exceed the quantile of those heard lately. Among cold ones the quickest is best,
 * among hot ones the one with the fewest calls in flight, and any cold one is better than any hot one. Where a latency is unknown,
 * which a server says with 0, calls in flight decide among cold ones, too. Failures make a member's calls and latency count for more.
 *
 * <p><b>Invariant:</b> a slot holds null or a word; words are put in and taken out by compare-and-set, so that a word leaves once.
 * <b>Writers:</b> any thread; one that loses a slot looks again a few times and then gives up its word, which another will soon replace.
 * <b>Readers:</b> any thread; they see each slot as it was at some time of their scan. What is heard goes into a window that
 * writers overwrite without regard to each other: a sample lost changes no quantile that matters.
 */
final class ProbePool<T> {

    private static final int WINDOW = 128;
    /** The quantile is worked out anew for one word in so many, once the window has as many. */
    private static final int EVERY = 8;

    private static final int ATTEMPTS = 4;
    private static final VarHandle USES;
    private static final VarHandle ADDED;

    static {
        try {
            USES = MethodHandles.lookup().findVarHandle(Word.class, "uses", int.class);
            ADDED = MethodHandles.lookup().findVarHandle(Word.class, "added", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final AtomicReferenceArray<@Nullable Word<T>> slots;
    private final double quantile;
    private final int[] window = new int[WINDOW];
    private volatile int heard;
    private volatile int hotAbove = Integer.MAX_VALUE;
    private volatile boolean worstNext;

    ProbePool(int size, double quantile) {
        this.slots = new AtomicReferenceArray<>(size);
        this.quantile = quantile;
    }

    /** What one server said, and how often it may still be used. */
    static final class Word<T> {

        final Member<T> member;
        final long at;
        private final int inFlight;
        private final long latency;
        /** How many calls were sent there because of this word: they are in flight by now. */
        @SuppressWarnings("unused") // through the handle
        private volatile int added;

        private volatile int uses;

        Word(Member<T> member, ServerLoad load, long at, int uses) {
            this.member = member;
            this.at = at;
            this.inFlight = load.inFlight();
            this.latency = load.latency().toNanos();
            this.uses = uses;
        }

        int inFlight() {
            return inFlight + added;
        }
    }

    /** Takes a word in: in the place of the member's last, or an empty one, or the oldest. */
    void add(Word<T> word) {
        hear(word.inFlight);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int place = placeFor(word);
            Word<T> there = slots.get(place);
            if (there != null && there.member == word.member && there.at - word.at > 0) {
                return;
            }
            if (slots.compareAndSet(place, there, word)) {
                return;
            }
        }
    }

    private int placeFor(Word<T> word) {
        int place = 0;
        long rank = Long.MIN_VALUE;
        for (int i = 0; i < slots.length(); i++) {
            Word<T> there = slots.get(i);
            if (there != null && there.member == word.member) {
                return i;
            }
            long age = there == null ? Long.MAX_VALUE : word.at - there.at;
            if (age > rank) {
                rank = age;
                place = i;
            }
        }
        return place;
    }

    private void hear(int inFlight) {
        int count = heard;
        heard = count == Integer.MAX_VALUE ? WINDOW : count + 1;
        window[count & (WINDOW - 1)] = inFlight;
        if (count < 2 * EVERY || count % EVERY == 0) {
            int[] sorted = Arrays.copyOf(window, count < WINDOW ? count + 1 : WINDOW);
            Arrays.sort(sorted);
            int rank = (int) Math.ceil(quantile * sorted.length) - 1;
            hotAbove = sorted[Math.max(0, rank)];
        }
    }

    /** Above how many calls in flight a server is hot. */
    int hotAbove() {
        return hotAbove;
    }

    /**
     * Finds the best word that is not older than {@code oldest} and drops those that are.
     *
     * @param scale how much more than it says a member's load counts for its weight, 1 in the usual case
     * @return null where there are fewer than {@code minimum}
     */
    @Nullable
    Word<T> best(long oldest, int minimum, ToDoubleFunction<Member<T>> scale) {
        Word<T> best = null;
        int count = 0;
        int hot = hotAbove;
        for (int i = 0; i < slots.length(); i++) {
            Word<T> word = slots.get(i);
            if (word == null) {
                continue;
            }
            if (word.at - oldest < 0) {
                slots.compareAndSet(i, word, null);
                continue;
            }
            count++;
            best = best == null || isBetter(word, best, hot, scale) ? word : best;
        }
        return count < minimum ? null : best;
    }

    private static <T> boolean isBetter(Word<T> one, Word<T> other, int hot, ToDoubleFunction<Member<T>> scale) {
        double scaleOne = scale.applyAsDouble(one.member);
        double scaleOther = scale.applyAsDouble(other.member);
        double faultsOne = faults(one.member);
        double faultsOther = faults(other.member);
        // The next call counts, too, lest one that fails at once be as good as any for being idle.
        double loadOne = (one.inFlight() * scaleOne + 1) * faultsOne;
        double loadOther = (other.inFlight() * scaleOther + 1) * faultsOther;
        boolean hotOne = loadOne > hot + 1.0;
        boolean hotOther = loadOther > hot + 1.0;
        if (hotOne != hotOther) {
            return hotOther;
        }
        double slowOne = one.latency * scaleOne * faultsOne;
        double slowOther = other.latency * scaleOther * faultsOther;
        boolean comparable = one.latency > 0 && other.latency > 0;
        return (hotOne || !comparable || slowOne == slowOther) ? loadOne < loadOther : slowOne < slowOther;
    }

    private static double faults(Member<?> member) {
        return member.faultFactor(member.ticks().last());
    }

    /** Notes that a call goes where the word says, and drops the word if that was its last use. */
    void use(Word<T> word) {
        ADDED.getAndAdd(word, 1);
        if (word.uses != Integer.MAX_VALUE && (int) USES.getAndAdd(word, -1) <= 1) {
            drop(word);
        }
    }

    void drop(Word<T> word) {
        for (int i = 0; i < slots.length(); i++) {
            if (slots.get(i) == word) {
                slots.compareAndSet(i, word, null);
            }
        }
    }

    /** Drops what a member said. */
    void drop(Member<T> member) {
        for (int i = 0; i < slots.length(); i++) {
            Word<T> word = slots.get(i);
            if (word != null && word.member == member) {
                slots.compareAndSet(i, word, null);
            }
        }
    }

    /** Drops the oldest word and the worst in turn, so that the pool keeps neither stale nor bad news. */
    void dropOne(ToDoubleFunction<Member<T>> scale) {
        boolean worst = worstNext;
        worstNext = !worst;
        Word<T> found = null;
        int hot = hotAbove;
        for (int i = 0; i < slots.length(); i++) {
            Word<T> word = slots.get(i);
            if (word != null
                    && (found == null || (worst ? isBetter(found, word, hot, scale) : word.at - found.at < 0))) {
                found = word;
            }
        }
        if (found != null) {
            drop(found);
        }
    }

    /** How many words there are. */
    int size() {
        int size = 0;
        for (int i = 0; i < slots.length(); i++) {
            size += slots.get(i) == null ? 0 : 1;
        }
        return size;
    }
}
