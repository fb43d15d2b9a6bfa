package dev.tenfold.benchmarks.whole;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** How much happened in a run, or in many: a simulation in which nothing happens proves nothing. */
final class Tally {

    int runs;
    long calls;
    long reads;
    long writes;
    long failures;
    long unknown;
    long lost;
    long promotions;
    long moves;
    long copies;
    long tierCopies;
    long announced;
    long repeated;
    long longest;
    long recovery;
    long removals;
    long seenGone;
    long switchovers;
    long brokerCrashes;
    long recoveredMessages;
    long requests;
    long attempts;
    long pages;
    long copiesOfEdges;
    long stalePages;
    long longestRequest;
    final long[] checks = new long[Promise.values().length];
    final Map<String, Long> faults = new TreeMap<>();

    /** Takes the figures of a run that is over. */
    void add(WholeSystem run) {
        runs = 1;
        reads = run.reads;
        writes = run.history.acknowledgedWrites();
        announced = run.history.announcements();
        repeated = run.history.repeatedAnnouncements();
        moves = run.moves;
        removals = run.history.acknowledgedRemovals();
        brokerCrashes = run.broker.crashes;
        recoveredMessages = run.broker.recovered;
        tierCopies = run.tier.hits;
        run.processes.forEach(process -> copies += process.cache.stats().hits());
        run.databases.values().forEach(database -> promotions += database.promotions());
    }

    /** Adds the figures of another run. */
    void add(Tally other) {
        runs += other.runs;
        calls += other.calls;
        reads += other.reads;
        writes += other.writes;
        failures += other.failures;
        unknown += other.unknown;
        lost += other.lost;
        promotions += other.promotions;
        moves += other.moves;
        copies += other.copies;
        tierCopies += other.tierCopies;
        announced += other.announced;
        repeated += other.repeated;
        for (int i = 0; i < checks.length; i++) {
            checks[i] += other.checks[i];
        }
        other.faults.forEach((kind, times) -> faults.merge(kind, times, Long::sum));
        removals += other.removals;
        seenGone += other.seenGone;
        switchovers += other.switchovers;
        brokerCrashes += other.brokerCrashes;
        recoveredMessages += other.recoveredMessages;
        requests += other.requests;
        attempts += other.attempts;
        pages += other.pages;
        copiesOfEdges += other.copiesOfEdges;
        stalePages += other.stalePages;
        longestRequest = Math.max(longestRequest, other.longestRequest);
        longest = Math.max(longest, other.longest);
        recovery = Math.max(recovery, other.recovery);
    }

    void fault(String kind) {
        faults.merge(kind, 1L, Long::sum);
    }

    String describe() {
        return String.format(
                Locale.ROOT,
                """
                seeds                                      %d
                calls / that failed                        %d / %d
                  of them with an unknown outcome          %d
                  of them told that a write may be lost    %d
                reads answered                             %d
                  from a process's own copies              %d
                  from the shared tier                     %d
                writes acknowledged                        %d
                  of them removals                         %d
                reads of a key that was known and is gone  %d
                announced / more than once                 %d / %d
                primaries promoted                         %d
                  of them by a planned switchover          %d
                moves of a slot begun                      %d
                longest call (deadline %d ms)            %d ms
                requests through the front / attempts      %d / %d
                  longest (deadline %d ms)               %d ms
                pages / from an edge's copy / stale        %d / %d / %d
                broker crashes / messages found on disk    %d / %d
                longest recovery after the last fault      %d ms
                """,
                runs,
                calls,
                failures,
                unknown,
                lost,
                reads,
                copies,
                tierCopies,
                writes,
                removals,
                seenGone,
                announced,
                repeated,
                promotions,
                switchovers,
                moves,
                AppProcess.DEADLINE.toMillis(),
                longest / Network.MILLI,
                requests,
                attempts,
                Front.WITHIN.toMillis(),
                longestRequest / Network.MILLI,
                pages,
                copiesOfEdges,
                stalePages,
                brokerCrashes,
                recoveredMessages,
                recovery / Network.MILLI);
    }
}
