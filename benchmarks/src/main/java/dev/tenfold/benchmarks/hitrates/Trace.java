package dev.tenfold.benchmarks.hitrates;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * The keys that something asked for, in order.
 *
 * @param name what it is called
 * @param keys the keys; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // held by those who replay it, and never compared
public record Trace(String name, long[] keys) {

    /** Reads the one trace that is shipped; its licence is beside it. */
    public static Trace web12() {
        try (InputStream file = Objects.requireNonNull(Trace.class.getResourceAsStream("web12.keys.gz"));
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(new GZIPInputStream(file), StandardCharsets.US_ASCII))) {
            return new Trace("web12", lines.lines().mapToLong(Long::parseLong).toArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
