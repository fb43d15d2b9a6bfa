package dev.tenfold.benchmarks.whole;

/** What is checked in every run. */
enum Promise {
    LOG(0, "servers of a shard that carry out the same log come to the same"),
    SESSION(1, "no session is shown less than it was shown or told before, nor what it knew removed"),
    KEPT(2, "no acknowledged write is lost"),
    ANNOUNCED(3, "every acknowledged write is announced, and nothing that is not committed"),
    COPIES(4, "no copy outlives an invalidation, and in the end everybody answers with the newest"),
    IN_TIME(5, "every call ends by its deadline"),
    RECOVERY(6, "when faults have stopped everything answers again within two minutes"),
    EDGES(7, "no edge serves a page beyond its time, nor from before a purge"),
    ONCE(8, "what may be done once only is sent to one process, once"),
    BUDGETS(9, "no more is sent than retry and hedge budgets allow"),
    JOURNAL(10, "after a crash the broker has what it confirmed and nobody acknowledged, and no more");

    final int number;
    final String words;

    Promise(int number, String words) {
        this.number = number;
        this.words = words;
    }

    @Override
    public String toString() {
        return "(" + number + ")";
    }

    /** A promise that was broken. */
    static final class Broken extends AssertionError {
        private static final long serialVersionUID = 1;

        final Promise promise;

        Broken(Promise promise, String message) {
            super(message);
            this.promise = promise;
        }
    }
}
