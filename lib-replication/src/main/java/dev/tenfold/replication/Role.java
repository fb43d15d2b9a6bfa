package dev.tenfold.replication;

/** What a node is in its replica set, as the set sees it now. */
public enum Role {
    /** It takes the writes of the current epoch. */
    PRIMARY,
    /** It follows, and answers reads. */
    REPLICA,
    /**
     * It believes to be a primary, but of an older history than the set's: it was promoted away while it was gone, or two
     * primaries claim one history. It gets neither reads nor writes until it follows again.
     */
    ZOMBIE,
    /** It has not answered yet, or has stopped answering since it was a primary. */
    UNKNOWN
}
