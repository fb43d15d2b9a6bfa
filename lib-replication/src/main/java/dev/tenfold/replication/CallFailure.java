package dev.tenfold.replication;

/** What a failed call says about the node it was made on, and about whether a write may have happened. */
public enum CallFailure {
    /** The node could not be reached: nothing was sent, so nothing happened. */
    NOT_SENT,
    /** The node refused to write because it is not a primary: nothing happened, and its role was out of date. */
    NOT_PRIMARY,
    /** The connection broke after something was sent: a write may have happened. */
    UNKNOWN,
    /** The call's own affair, such as a constraint it violates: says nothing about the node, which did answer. */
    CALLER
}
