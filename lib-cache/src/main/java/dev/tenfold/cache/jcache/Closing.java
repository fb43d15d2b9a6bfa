package dev.tenfold.cache.jcache;

import java.io.Closeable;
import java.util.Collection;
import java.util.stream.Stream;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/** Closes several things, whatever some of them throw. */
final class Closing {

    private Closing() {}

    /**
     * Closes each in turn.
     *
     * @throws CacheException if any failed, the rest being closed all the same; every failure is in it
     */
    static void all(Collection<? extends AutoCloseable> all) {
        CacheException failed = null;
        for (AutoCloseable each : all) {
            try {
                each.close();
            } catch (Exception e) {
                if (failed == null) {
                    failed = new CacheException("not everything could be closed: " + e, e);
                } else {
                    failed.addSuppressed(e);
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** Returns those of the user's objects that asked to be closed by being {@link Closeable}. */
    static Stream<Closeable> closeable(@Nullable Object... users) {
        return Stream.of(users).filter(Closeable.class::isInstance).map(Closeable.class::cast);
    }
}
