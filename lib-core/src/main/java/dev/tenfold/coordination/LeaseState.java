package dev.tenfold.coordination;

import dev.tenfold.Codec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * What the register behind a {@link Lease} holds. No clock reading is in it: clocks of different machines are never
 * compared.
 *
 * @param holder who took the lease last, for people to read; not empty
 * @param token the fencing token of that grant, from 1
 * @param duration for how long an unrenewed grant holds, above zero and at most 365 days
 * @param renewals how often the grant was renewed, from 0
 * @param held false once the holder gave it up
 */
public record LeaseState(String holder, long token, Duration duration, long renewals, boolean held) {

    private static final Duration LONGEST = Duration.ofDays(365);
    private static final String FORMAT_1 = "lease-1";

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a value is out of its range
     */
    public LeaseState {
        if (holder.isEmpty()) {
            throw new IllegalArgumentException("holder: '' (expected: a name people will recognize)");
        }
        if (duration.isNegative() || duration.isZero() || duration.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("duration: " + duration + " (expected: > 0, at most 365 days)");
        }
        if (token < 1 || renewals < 0) {
            throw new IllegalArgumentException(
                    "token: " + token + ", renewals: " + renewals + " (expected: >= 1 and >= 0)");
        }
    }

    LeaseState withToken(long next) {
        return new LeaseState(holder, next, duration, renewals, held);
    }

    LeaseState renewed() {
        return new LeaseState(holder, token, duration, renewals + 1, true);
    }

    LeaseState released() {
        return new LeaseState(holder, token, duration, renewals, false);
    }

    /**
     * Returns the codec for registers in files and tables: one line of UTF-8 text a person can read, such as {@code
     * lease-1 7 PT10S 42 held app-1}.
     *
     * @return a stateless codec
     */
    public static Codec<LeaseState> codec() {
        return Codec.of(LeaseState::toBytes, LeaseState::ofBytes);
    }

    private byte[] toBytes() {
        String text = String.join(
                " ",
                FORMAT_1,
                Long.toString(token),
                duration.toString(),
                Long.toString(renewals),
                held ? "held" : "free",
                holder);
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static LeaseState ofBytes(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        String[] parts = text.split(" ", 6);
        if (parts.length != 6 || !parts[0].equals(FORMAT_1) || !(parts[4].equals("held") || parts[4].equals("free"))) {
            throw notALease(text, null);
        }
        try {
            return new LeaseState(
                    parts[5],
                    Long.parseLong(parts[1]),
                    Duration.parse(parts[2]),
                    Long.parseLong(parts[3]),
                    parts[4].equals("held"));
        } catch (NumberFormatException | DateTimeParseException failure) {
            throw notALease(text, failure);
        }
    }

    private static IllegalArgumentException notALease(String text, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "lease: '" + text + "' (expected: " + FORMAT_1 + " token duration renewals held|free holder)", cause);
    }
}
