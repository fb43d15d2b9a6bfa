package dev.tenfold.sharding.reshard;

/**
 * A place in the rows of a store, tables in order and each in the order of its primary key. It means the same on every store of
 * one kind that holds the same tables.
 *
 * @param text {@code ""} before the first row; in the store's own form after some row; {@code "end"} after the last
 */
public record Cursor(String text) {

    /** Before the first row of the first table. */
    public static final Cursor START = new Cursor("");

    /** After the last row of the last table. */
    public static final Cursor END = new Cursor("end");
}
