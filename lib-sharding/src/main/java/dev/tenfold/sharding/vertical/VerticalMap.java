package dev.tenfold.sharding.vertical;

import dev.tenfold.Codec;
import dev.tenfold.topology.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which table, or feature, is at which home. Immutable; every change makes a map with the next epoch.
 *
 * <p>Names are letters, digits, {@code _ . -}, at most 128, and their case means nothing: {@code Profile} and {@code PROFILE}
 * are one, as in SQL without quotes. A schema is part of the name: {@code app.profile} is not {@code profile}.
 *
 * @param epoch the version, from 1
 * @param homes by table, in lower case; at most {@value #MAX_TABLES}
 */
public record VerticalMap(long epoch, Map<String, String> homes) implements Snapshot {

    /** The most tables. */
    public static final int MAX_TABLES = 100_000;

    private static final String FORMAT_1 = "vertical-map-1";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,128}");

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if a name has other characters, there are two in different case only, or too many
     */
    public VerticalMap {
        Map<String, String> folded = new TreeMap<>();
        homes.forEach((table, home) -> {
            if (folded.put(folded(table), checked(home)) != null) {
                throw new IllegalArgumentException("table: " + table + ", twice (expected: once, in any case)");
            }
        });
        if (epoch < 1 || folded.size() > MAX_TABLES) {
            throw new IllegalArgumentException("epoch: " + epoch + ", tables: " + folded.size()
                    + " (expected: epoch >= 1, at most " + MAX_TABLES + " tables)");
        }
        homes = Collections.unmodifiableMap(folded);
    }

    @Override
    public long version() {
        return epoch;
    }

    /**
     * Makes the next map, in which a table is at another home.
     *
     * @param table a table that may be new
     * @param home its home from now on
     * @return a map of the next epoch
     * @throws IllegalArgumentException if a name has other characters
     */
    public VerticalMap with(String table, String home) {
        Map<String, String> next = new TreeMap<>(homes);
        next.put(folded(table), home);
        return new VerticalMap(epoch + 1, next);
    }

    static String folded(String table) {
        return checked(table).toLowerCase(Locale.ROOT);
    }

    private static String checked(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name: '" + name + "' (expected: 1 to 128 of A-Z a-z 0-9 _ . -)");
        }
        return name;
    }

    /**
     * Returns the codec for registers: lines of UTF-8 text a person can read.
     *
     * @return a stateless codec
     */
    public static Codec<VerticalMap> codec() {
        return Codec.of(VerticalMap::toBytes, VerticalMap::ofBytes);
    }

    private byte[] toBytes() {
        StringBuilder text =
                new StringBuilder(FORMAT_1).append(' ').append(epoch).append('\n');
        homes.forEach(
                (table, home) -> text.append(table).append(' ').append(home).append('\n'));
        return text.append("end\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static VerticalMap ofBytes(byte[] bytes) {
        String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n", -1);
        String[] title = lines[0].split(" ", -1);
        if (title.length != 2
                || !title[0].equals(FORMAT_1)
                || lines.length < 3
                || !lines[lines.length - 2].equals("end")
                || !lines[lines.length - 1].isEmpty()) {
            throw new IllegalArgumentException(
                    "vertical map: '" + lines[0] + "' (expected: " + FORMAT_1 + " epoch, a line per table, end)");
        }
        Map<String, String> homes = new TreeMap<>();
        for (int i = 1; i < lines.length - 2; i++) {
            String[] parts = lines[i].split(" ", -1);
            if (parts.length != 2) {
                throw new IllegalArgumentException("vertical map: '" + lines[i] + "' (expected: table and home)");
            }
            homes.put(parts[0], parts[1]);
        }
        return new VerticalMap(Long.parseLong(title[1]), homes);
    }
}
