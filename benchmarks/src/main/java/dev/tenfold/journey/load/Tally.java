package dev.tenfold.journey.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** What the users saw, counted. Thread-safe. */
public final class Tally {

    private static final int SAMPLES = 5;
    private static final long NEVER = Long.MIN_VALUE;

    private final LongAdder requests = new LongAdder();
    private final LongAdder served = new LongAdder();
    private final LongAdder servedNanos = new LongAdder();
    private final AtomicLong longestNanos = new AtomicLong();
    private final LongAdder failed = new LongAdder();
    private final LongAdder loggedOut = new LongAdder();
    private final LongAdder wentBack = new LongAdder();
    private final AtomicLong servedAt = new AtomicLong(NEVER);
    private final AtomicLong wroteAt = new AtomicLong(NEVER);
    private final AtomicReference<Gap> silence = new AtomicReference<>(Gap.NONE);
    private final AtomicReference<Gap> writeSilence = new AtomicReference<>(Gap.NONE);
    private final AtomicLong stalestNanos = new AtomicLong();
    private final ArrayBlockingQueue<String> samples = new ArrayBlockingQueue<>(SAMPLES);

    /** Starts at zero. */
    public Tally() {}

    /**
     * A time without an answer.
     *
     * @param from when the last good answer before it came, in nanoseconds by the clock of the load
     * @param to when the first after it came
     */
    public record Gap(long from, long to) {

        /** No time at all, at no time in particular. */
        static final Gap NONE = new Gap(0, 0);

        Gap longer(Gap other) {
            return other.to - other.from > to - from ? other : this;
        }
    }

    void request() {
        requests.increment();
    }

    /** A request that was sent at the first time was served at the second, by the clock of the load. */
    void served(long sent, long nanos) {
        served.increment();
        servedNanos.add(nanos - sent);
        longestNanos.accumulateAndGet(nanos - sent, Math::max);
        extend(servedAt, silence, nanos);
    }

    /** A write was served at this time, by the clock of the load. */
    void wrote(long nanos) {
        extend(wroteAt, writeSilence, nanos);
    }

    private static void extend(AtomicLong last, AtomicReference<Gap> longest, long nanos) {
        long before = last.getAndAccumulate(nanos, Math::max);
        if (before != NEVER && nanos > before) {
            longest.accumulateAndGet(new Gap(before, nanos), Gap::longer);
        }
    }

    void failed(String why) {
        failed.increment();
        samples.offer(why);
    }

    void loggedOut(String who) {
        loggedOut.increment();
        samples.offer("logged out: " + who);
    }

    void wentBack(String what) {
        wentBack.increment();
        samples.offer(what);
    }

    void stale(long nanos) {
        stalestNanos.accumulateAndGet(nanos, Math::max);
    }

    /**
     * Returns how many requests were sent.
     *
     * @return answered or not
     */
    public long requests() {
        return requests.sum();
    }

    /**
     * Returns how many requests were served.
     *
     * @return good answers
     */
    public long served() {
        return served.sum();
    }

    /**
     * Returns how long the requests that were served took, from when they were sent.
     *
     * @return their sum in milliseconds
     */
    public double servedMillis() {
        return servedNanos.sum() / 1e6;
    }

    /**
     * Returns how long the slowest of them took, from when it was sent, with all its repetitions.
     *
     * @return milliseconds
     */
    public double longestMillis() {
        return longestNanos.get() / 1e6;
    }

    /**
     * Returns how many requests were sent and have had no answer yet.
     *
     * @return about as many, while the load runs
     */
    public long waiting() {
        // What is over is counted first, so that what ends meanwhile is not missing from what was sent.
        long over = served() + failed() + loggedOut();
        return requests() - over;
    }

    /**
     * Returns how many requests were not served; those that met a login lost by the servers are not among them.
     *
     * @return refused, broken or answered with an error
     */
    public long failed() {
        return failed.sum();
    }

    /**
     * Returns how long at most nobody was served.
     *
     * @return milliseconds between two good answers
     */
    public double longestGapMillis() {
        Gap longest = silence();
        return (longest.to - longest.from) / 1e6;
    }

    /**
     * Returns the longest time in which nobody was served.
     *
     * @return between two good answers; empty before the second
     */
    public Gap silence() {
        return Objects.requireNonNull(silence.get());
    }

    /**
     * Returns the longest time in which no write was served.
     *
     * @return between two acknowledged writes; empty before the second
     */
    public Gap writeSilence() {
        return Objects.requireNonNull(writeSilence.get());
    }

    /**
     * Returns how many requests met a server that did not know the login.
     *
     * @return answers 401
     */
    public long loggedOut() {
        return loggedOut.sum();
    }

    /**
     * Returns how many people saw their own profile older than they had written or seen it.
     *
     * @return broken sessions
     */
    public long wentBack() {
        return wentBack.sum();
    }

    /**
     * Returns how long after a change was acknowledged somebody else still saw the profile without it.
     *
     * @return the longest such time in milliseconds
     */
    public double stalestMillis() {
        return stalestNanos.get() / 1e6;
    }

    /**
     * Returns the first few failures in words.
     *
     * @return at most five
     */
    public List<String> samples() {
        return new ArrayList<>(samples);
    }
}
