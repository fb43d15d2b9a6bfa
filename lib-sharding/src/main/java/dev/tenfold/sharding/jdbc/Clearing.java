package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.move.Cursor;
import org.jspecify.annotations.Nullable;

/**
 * How far the deleting of rows got. Rows that others refer to are left for another pass; a pass that deletes none and leaves
 * some will never end.
 *
 * @param place after the last row that was looked at
 * @param left how many rows this pass left
 * @param gone how many rows this pass deleted
 */
record Clearing(Cursor place, int left, int gone) {

    static final Clearing START = new Clearing(Cursor.START, 0, 0);

    String text() {
        return left + " " + gone + " " + place.text();
    }

    static Clearing of(@Nullable String text) {
        if (text == null) {
            return START;
        }
        String[] parts = text.split(" ", 3);
        return new Clearing(new Cursor(parts[2]), Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }
}
