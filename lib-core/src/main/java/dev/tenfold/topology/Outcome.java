package dev.tenfold.topology;

/**
 * How a call on a selected endpoint went, by cause, so that a fast failure never looks like a fast server and a user's
 * own mistake never ejects a healthy one.
 */
public enum Outcome {
    /** The endpoint answered. */
    SUCCESS,
    /** The endpoint could not be reached; nothing was sent. */
    CONNECT_FAILED,
    /** The endpoint did not answer in time. */
    TIMED_OUT,
    /** The endpoint answered that it is overloaded (such as HTTP 429 or 503). */
    OVERLOADED,
    /** The endpoint answered with a failure of its own (such as HTTP 500). */
    FAILED,
    /** The call was refused for what it asked (such as HTTP 404): the endpoint is fine. */
    REJECTED,
    /** The caller gave up or never reported; says nothing about the endpoint. */
    CANCELLED;

    /**
     * Says whether this counts against the endpoint's health.
     *
     * @return true for the four kinds of failure that are the endpoint's own
     */
    public boolean countsAgainstEndpoint() {
        return switch (this) {
            case CONNECT_FAILED, TIMED_OUT, OVERLOADED, FAILED -> true;
            case SUCCESS, REJECTED, CANCELLED -> false;
        };
    }
}
