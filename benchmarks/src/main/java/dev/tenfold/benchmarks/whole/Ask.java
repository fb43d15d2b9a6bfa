package dev.tenfold.benchmarks.whole;

/**
 * A request of somebody to the application.
 *
 * @param kind what to do
 * @param key with which key
 * @param number the number of a write or removal; 0 for a read
 * @param cookie the session; empty for a request of nobody in particular
 * @param last the process that answered the one who asks before
 */
record Ask(Kind kind, String key, long number, String cookie, String last) {

    enum Kind {
        READ,
        WRITE,
        REMOVE,
        /** A read that is the same for everybody, so that an edge may answer it. */
        PAGE
    }

    static Ask page(String key) {
        return new Ask(Kind.PAGE, key, 0, "", "");
    }

    boolean isPage() {
        return kind == Kind.PAGE;
    }

    /** Whether it may be carried out more than once. */
    boolean isSafe() {
        return number == 0;
    }
}
