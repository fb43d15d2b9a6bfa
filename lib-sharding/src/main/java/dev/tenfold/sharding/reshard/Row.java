package dev.tenfold.sharding.reshard;

import java.util.List;

/**
 * A row on its way from one store to another of the same kind.
 *
 * @param key which row
 * @param content all of it, in the store's own form
 */
public record Row(Key key, String content) {

    /**
     * Which row, for life.
     *
     * @param table its table
     * @param id its primary key, column by column in the store's own form
     * @param shardKey the key that decides its slot, in the store's own form
     */
    public record Key(String table, List<String> id, String shardKey) {

        /** Copies {@code id}. */
        public Key {
            id = List.copyOf(id);
        }
    }
}
