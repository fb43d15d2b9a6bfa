package dev.tenfold.journey.load;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * How long answers took, from when each request was due (what its user waited) and from when it was sent (what a
 * benchmark that waits for each answer would have claimed). Microseconds inside, three digits, one minute at most.
 *
 * <p>Recording is thread-safe and wait-free; reading is for one thread.
 */
public final class Latencies {

    private static final long HIGHEST_MICROS = 60_000_000;
    private static final int DIGITS = 3;

    private final Recorder fromDue = new Recorder(HIGHEST_MICROS, DIGITS);
    private final Recorder fromSent = new Recorder(HIGHEST_MICROS, DIGITS);
    private final Histogram due = new Histogram(HIGHEST_MICROS, DIGITS);
    private final Histogram sent = new Histogram(HIGHEST_MICROS, DIGITS);
    private final Histogram lapDue = new Histogram(HIGHEST_MICROS, DIGITS);
    private final Histogram lapSent = new Histogram(HIGHEST_MICROS, DIGITS);

    /** Starts empty. */
    public Latencies() {}

    /**
     * Notes one answer.
     *
     * @param dueAt when the request should have been sent, in nanoseconds
     * @param sentAt when it was sent, by the same clock
     * @param answeredAt when the answer was complete, by the same clock
     */
    public void record(long dueAt, long sentAt, long answeredAt) {
        fromDue.recordValue(micros(answeredAt - dueAt));
        fromSent.recordValue(micros(answeredAt - sentAt));
    }

    /**
     * What was recorded in some span of time.
     *
     * @param count how many answers
     * @param p50 milliseconds from due, of half of them at most
     * @param p90 milliseconds from due, of 90 % at most
     * @param p99 milliseconds from due, of 99 % at most
     * @param p999 milliseconds from due, of 99.9 % at most
     * @param p99FromSent milliseconds from sent, of 99 % at most
     * @param maximum milliseconds from due, of the slowest
     */
    public record Summary(
            long count, double p50, double p90, double p99, double p999, double p99FromSent, double maximum) {}

    /**
     * Summarizes what was recorded since the last call, and adds it to the lap and the total.
     *
     * @return the last interval
     */
    public Summary interval() {
        Histogram lastDue = fromDue.getIntervalHistogram();
        Histogram lastSent = fromSent.getIntervalHistogram();
        due.add(lastDue);
        sent.add(lastSent);
        lapDue.add(lastDue);
        lapSent.add(lastSent);
        return summary(lastDue, lastSent);
    }

    /**
     * Summarizes the intervals since the last lap, and begins a new one.
     *
     * @return the last lap
     */
    public Summary lap() {
        Summary lap = summary(lapDue, lapSent);
        lapDue.reset();
        lapSent.reset();
        return lap;
    }

    /**
     * Summarizes everything recorded so far.
     *
     * @return the total
     */
    public Summary total() {
        interval();
        return summary(due, sent);
    }

    private static Summary summary(Histogram due, Histogram sent) {
        return new Summary(
                due.getTotalCount(),
                due.getValueAtPercentile(50) / 1e3,
                due.getValueAtPercentile(90) / 1e3,
                due.getValueAtPercentile(99) / 1e3,
                due.getValueAtPercentile(99.9) / 1e3,
                sent.getValueAtPercentile(99) / 1e3,
                due.getMaxValue() / 1e3);
    }

    private static long micros(long nanos) {
        return Math.max(0, Math.min(HIGHEST_MICROS, nanos / 1000));
    }
}
