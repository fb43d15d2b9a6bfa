package dev.tenfold.journey.load;

/** The way from a browser to an application server: directly, through a balancer, through an edge. */
@FunctionalInterface
public interface Site {

    /**
     * Sends a request and waits for the answer.
     *
     * @param request what is asked
     * @return what was answered, whatever the status
     * @throws Exception if there was no answer; a {@link java.net.ConnectException} says that nothing was sent
     */
    Answer send(Ask request) throws Exception;

    /**
     * One request.
     *
     * @param method such as {@code GET}
     * @param path path and query
     * @param body what to send along, may be empty
     * @param person whose browser asks
     */
    record Ask(String method, String path, String body, Person person) {

        /**
         * Says whether the request only reads.
         *
         * @return true for {@code GET}
         */
        public boolean isRead() {
            return method.equals("GET");
        }
    }

    /**
     * One answer.
     *
     * @param status the HTTP status
     * @param body the text, may be empty
     */
    record Answer(int status, String body) {

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
}
