package dev.tenfold.sharding.reshard;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** The rows of a {@link MemoryShardStore} in order, and the marks of those that changed. Guarded by the store's lock. */
final class MemoryRows {

    /** How many marks one call lists at most, whatever it is asked for. */
    private static final int MARKS = 10_000;

    /** Begins the text of a cursor, so that none is mistaken for the start or the end. */
    private static final String PLACE = "@";

    static final Comparator<Row.Key> ORDER = Comparator.comparing(Row.Key::table)
            .thenComparing(Row.Key::id, MemoryRows::compareIds)
            .thenComparing(Row.Key::shardKey);

    private record Mark(int slot, Row.Key key) {}

    final NavigableMap<Row.Key, String> rows = new TreeMap<>(ORDER);
    private final TreeMap<Long, Mark> marks = new TreeMap<>();
    private long lastMark;

    /** Shows some rows after a place, and returns the place after the last. */
    Cursor walk(Cursor from, int atMost, BiConsumer<Row.Key, String> visit) {
        Cursor next = from;
        int seen = 0;
        for (Map.Entry<Row.Key, String> row : after(from).entrySet()) {
            if (seen++ == atMost) {
                return next;
            }
            visit.accept(row.getKey(), row.getValue());
            if (seen == atMost) {
                next = cursor(row.getKey());
            }
        }
        return Cursor.END;
    }

    NavigableMap<Row.Key, String> between(Cursor from, Cursor to) {
        NavigableMap<Row.Key, String> after = after(from);
        return to.equals(Cursor.END)
                ? after
                : to.equals(Cursor.START) ? new TreeMap<>(ORDER) : after.headMap(key(to), true);
    }

    private NavigableMap<Row.Key, String> after(Cursor from) {
        return from.equals(Cursor.END)
                ? new TreeMap<>(ORDER)
                : from.equals(Cursor.START) ? rows : rows.tailMap(key(from), false);
    }

    static int compare(Cursor a, Cursor b) {
        if (a.equals(b)) {
            return 0;
        }
        if (a.equals(Cursor.START) || b.equals(Cursor.END)) {
            return -1;
        }
        if (b.equals(Cursor.START) || a.equals(Cursor.END)) {
            return 1;
        }
        return ORDER.compare(key(a), key(b));
    }

    private static Cursor cursor(Row.Key key) {
        List<String> parts = new ArrayList<>(List.of(key.table(), key.shardKey()));
        parts.addAll(key.id());
        return new Cursor(PLACE
                + parts.stream()
                        .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8))
                        .collect(Collectors.joining("/")));
    }

    private static Row.Key key(Cursor cursor) {
        if (!cursor.text().startsWith(PLACE)) {
            throw new IllegalArgumentException("cursor: " + cursor.text() + " (expected: one of a store in memory)");
        }
        List<String> parts = Arrays.stream(
                        cursor.text().substring(PLACE.length()).split("/", -1))
                .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
                .toList();
        return new Row.Key(parts.get(0), parts.subList(2, parts.size()), parts.get(1));
    }

    private static int compareIds(List<String> a, List<String> b) {
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            int byPart = a.get(i).compareTo(b.get(i));
            if (byPart != 0) {
                return byPart;
            }
        }
        return Integer.compare(a.size(), b.size());
    }

    void mark(int slot, Row.Key key) {
        marks.put(++lastMark, new Mark(slot, key));
    }

    Changes changes(Set<Integer> slots, int atMost, String schema) {
        List<Long> seen = new ArrayList<>();
        Set<Row.Key> keys = new LinkedHashSet<>();
        for (Map.Entry<Long, Mark> mark : marks.entrySet()) {
            if (seen.size() == Math.min(atMost, MARKS)) {
                break;
            }
            if (slots.contains(mark.getValue().slot())) {
                seen.add(mark.getKey());
                keys.add(mark.getValue().key());
            }
        }
        List<Row> standing = keys.stream()
                .filter(rows::containsKey)
                .map(key -> new Row(key, rows.getOrDefault(key, "")))
                .toList();
        return new Changes(seen, List.copyOf(keys), standing, schema);
    }

    long backlog(Set<Integer> slots) {
        return marks.values().stream()
                .filter(mark -> slots.contains(mark.slot()))
                .count();
    }

    void forget(Set<Integer> slots, List<Long> forgotten) {
        for (long mark : forgotten) {
            Mark known = marks.get(mark);
            if (known != null && slots.contains(known.slot())) {
                marks.remove(mark);
            }
        }
    }

    void dropMarks(Set<Integer> slots) {
        marks.values().removeIf(mark -> slots.contains(mark.slot()));
    }
}
