package dev.tenfold.replication;

/**
 * What a node said of itself when it was asked.
 *
 * @param writable whether it takes writes, that is, believes to be a primary
 * @param streaming whether it receives the history from a primary that was alive a moment ago; false on a primary
 * @param received up to where it holds the history, durably; on a primary, up to where it has written
 * @param replayed up to where its reads see the history; on a primary at most {@code received}, and less where commits are
 *     under way that it has written and does not show yet
 */
public record Probe(boolean writable, boolean streaming, LogPosition received, LogPosition replayed) {

    /**
     * Makes the answer of a primary that shows all it has written.
     *
     * @param written up to where it has written
     * @return a writable probe
     */
    public static Probe primary(LogPosition written) {
        return primary(written, written);
    }

    /**
     * Makes the answer of a primary.
     *
     * @param written up to where it has written
     * @param shown so far that a read begun now sees every write that is ever acknowledged with a position up to there;
     *     whatever the store, one less than a position it had before the question is such a place
     * @return a writable probe
     */
    public static Probe primary(LogPosition written, LogPosition shown) {
        return new Probe(true, false, written, shown);
    }

    /**
     * Makes the answer of a replica.
     *
     * @param streaming whether it receives from a primary that is alive
     * @param received up to where it holds the history
     * @param replayed up to where its reads see it
     * @return a read-only probe
     */
    public static Probe replica(boolean streaming, LogPosition received, LogPosition replayed) {
        return new Probe(false, streaming, received, replayed);
    }
}
