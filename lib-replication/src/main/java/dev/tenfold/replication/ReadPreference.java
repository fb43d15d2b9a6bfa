package dev.tenfold.replication;

/** Which nodes may answer a read, in the terms of MongoDB's server-selection specification. */
public enum ReadPreference {
    /** Only the primary. */
    PRIMARY,
    /** A replica that is fresh enough, else the primary. */
    REPLICA_PREFERRED,
    /** Only a replica that is fresh enough. */
    REPLICA
}
