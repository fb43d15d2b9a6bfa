package dev.tenfold.cache.edge.http;

import java.io.IOException;

/** Where the content comes from. Thread-safe; blocks until the header has arrived. {@link HttpClientOrigin} is one. */
@FunctionalInterface
public interface HttpOrigin {

    /**
     * Sends a request.
     *
     * @param request what the cache asks for, without fields that concern one connection only
     * @return the response; the cache closes its body
     * @throws IOException if there is no response
     * @throws InterruptedException if the thread was interrupted as it waited
     */
    Response send(Request request) throws IOException, InterruptedException;
}
