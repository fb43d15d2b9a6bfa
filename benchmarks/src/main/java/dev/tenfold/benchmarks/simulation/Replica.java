package dev.tenfold.benchmarks.simulation;

import dev.tenfold.balance.ServerLoad;
import dev.tenfold.time.Scheduler.Task;
import java.time.Duration;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A server that shares its processors evenly among its queries, at most one processor each. All its queries run at the same
 * rate, so the work done for each is how far {@code attained} has moved since it began.
 */
final class Replica {

    /** A query on this replica. */
    static final class Running implements Comparable<Running> {
        private final double endsAt;
        private final int aheadOnArrival;
        private final long began;
        private final Runnable done;

        private Running(double endsAt, int aheadOnArrival, long began, Runnable done) {
            this.endsAt = endsAt;
            this.aheadOnArrival = aheadOnArrival;
            this.began = began;
            this.done = done;
        }

        @Override
        public int compareTo(Running other) {
            return Double.compare(endsAt, other.endsAt);
        }
    }

    /** For how many levels of load latencies are remembered, and how many of each. */
    private static final int LEVELS = 256;

    private static final int REMEMBERED = 8;

    /** How long a probe takes there and back. */
    private static final long PROBE_ROUND_TRIP = 500_000;

    /** Over what time a server measures its utilization. */
    private static final double WINDOW = 1;

    private final int number;
    private final VirtualTime time;
    private final PriorityQueue<Running> running = new PriorityQueue<>();
    private final long[][] latencies = new long[LEVELS][];
    private final int[] recorded = new int[LEVELS];
    private double speed;
    private double processors;
    private boolean hangs;
    private double attained;
    private long updated;
    private double used;
    private double available;
    private long ended;
    private double windowFrom;
    private double usedBefore;
    private double availableBefore;
    private long endedBefore;
    private ServerLoad load = ServerLoad.ofUtilization(0, 0, 0);
    private @Nullable Task next;

    /**
     * Makes an idle server.
     *
     * @param speed how fast one of its processors is, 1 being usual
     */
    Replica(int number, VirtualTime time, double processors, double speed) {
        this.number = number;
        this.time = time;
        this.speed = speed;
        this.processors = processors;
    }

    int number() {
        return number;
    }

    int inFlight() {
        return running.size();
    }

    /**
     * Asks for calls in flight and latency, as Prequal does. What comes back half a round trip later is what was true half a round
     * trip from now; a server that hangs never answers.
     */
    CompletionStage<ServerLoad> probe() {
        CompletableFuture<ServerLoad> answer = new CompletableFuture<>();
        time.after(PROBE_ROUND_TRIP / 2, () -> {
            if (!hangs) {
                ServerLoad seen = ServerLoad.of(inFlight(), Duration.ofNanos(latencyEstimate()));
                time.after(PROBE_ROUND_TRIP / 2, () -> answer.complete(seen));
            }
        });
        return answer;
    }

    /**
     * What the server says of itself with an answer: queries per second, and which part of the processors that its neighbours left
     * it was in use, over the last whole second or a little more.
     */
    ServerLoad load() {
        advance();
        double seconds = time.nanoTime() / 1e9 - windowFrom;
        if (seconds >= WINDOW) {
            load = ServerLoad.ofUtilization(
                    (used - usedBefore) / (available - availableBefore), (ended - endedBefore) / seconds, 0);
            windowFrom += seconds;
            usedBefore = used;
            availableBefore = available;
            endedBefore = ended;
        }
        return load;
    }

    /**
     * Begins a query.
     *
     * @param seconds how long it needs a processor for
     * @param done run when it has ended, unless it was cancelled
     */
    Running begin(double seconds, Runnable done) {
        advance();
        Running query = new Running(attained + seconds, running.size(), time.nanoTime(), done);
        running.add(query);
        plan();
        return query;
    }

    void cancel(Running query) {
        advance();
        running.remove(query);
        plan();
    }

    /** From now on it answers no probe. */
    void hang() {
        hangs = true;
    }

    void speed(double next) {
        advance();
        speed = next;
        plan();
    }

    void processors(double count) {
        advance();
        processors = count;
        plan();
    }

    /**
     * Estimates the latency of a query that began now: the median of recent ones that began at the load closest to today's,
     * as Prequal's servers do.
     */
    long latencyEstimate() {
        int level = Math.min(running.size(), LEVELS - 1);
        for (int distance = 0; distance < LEVELS; distance++) {
            for (int at : new int[] {level - distance, level + distance}) {
                if (at >= 0 && at < LEVELS && recorded[at] > 0) {
                    long[] recent = Arrays.copyOf(latencies[at], Math.min(recorded[at], REMEMBERED));
                    Arrays.sort(recent);
                    return recent[recent.length / 2];
                }
            }
        }
        return 0;
    }

    private double rate() {
        return running.isEmpty() ? 0 : speed * Math.min(1, processors / running.size());
    }

    private void advance() {
        double seconds = (time.nanoTime() - updated) / 1e9;
        attained += seconds * rate();
        used += seconds * rate() * running.size();
        available += seconds * speed * processors;
        updated = time.nanoTime();
    }

    private void plan() {
        if (next != null) {
            next.cancel();
        }
        Running first = running.peek();
        if (first == null || processors == 0) {
            next = null;
            return;
        }
        double seconds = Math.max(0, first.endsAt - attained) / rate();
        // Rounded up, so that the query has had its work when the event comes.
        next = time.after((long) (seconds * 1e9) + 1, this::end);
    }

    private void end() {
        advance();
        Running first = running.remove();
        ended++;
        int level = Math.min(first.aheadOnArrival, LEVELS - 1);
        if (recorded[level] == 0) {
            latencies[level] = new long[REMEMBERED];
        }
        latencies[level][recorded[level]++ % REMEMBERED] = time.nanoTime() - first.began;
        plan();
        first.done.run();
    }
}
