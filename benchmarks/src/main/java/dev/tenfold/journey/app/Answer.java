package dev.tenfold.journey.app;

/**
 * One answer over HTTP.
 *
 * @param status the HTTP status
 * @param body the text, may be empty
 */
public record Answer(int status, String body) {

    /** The server could do nothing now, and did nothing. */
    public static final int UNAVAILABLE = 503;

    /** The server does not know whether the write happened. */
    public static final int OUTCOME_UNKNOWN = 504;

    /** The server does not know this browser. */
    public static final int LOGGED_OUT = 401;

    /**
     * Says whether the request was served.
     *
     * @return true for the 200s
     */
    public boolean isGood() {
        return status >= 200 && status < 300;
    }
}
