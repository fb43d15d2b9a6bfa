package dev.tenfold.benchmarks.whole;

/** What is checked in every run. */
enum Promise {
    LOG("servers of a shard that carry out the same log come to the same"),
    SESSION("no session is shown less than it was shown or told before, nor what it knew removed"),
    KEPT("no acknowledged write is lost"),
    ANNOUNCED("every acknowledged write is announced, and nothing that is not committed"),
    COPIES("no copy outlives an invalidation, and in the end everybody answers with the newest"),
    IN_TIME("every call ends by its deadline"),
    RECOVERY("when faults have stopped everything answers again within two minutes"),
    EDGES("no edge serves a page beyond its time, nor from before a purge"),
    ONCE("what may be done once only is sent to one process, once"),
    BUDGETS("no more is sent than retry and hedge budgets allow"),
    JOURNAL("after a crash the broker has what it confirmed and nobody acknowledged, and no more");

    final String words;

    Promise(String words) {
        this.words = words;
    }

    @Override
    public String toString() {
        return "(" + ordinal() + ")";
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
