package dev.tenfold.journey.app;

import java.util.OptionalLong;

/**
 * Who is logged in, kept in a tier that all servers share: no server remembers anybody, so none that dies logs anybody
 * out. Thread-safe.
 */
interface Logins extends AutoCloseable {

    /** Remembers a login under a token that nobody can guess. */
    void remember(String token, long person) throws Exception;

    /** Returns who logged in with a token, or empty if nobody did. */
    OptionalLong whoIs(String token) throws Exception;

    @Override
    void close();
}
