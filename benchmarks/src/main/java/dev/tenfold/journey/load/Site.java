package dev.tenfold.journey.load;

import dev.tenfold.journey.app.Answer;

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
}
