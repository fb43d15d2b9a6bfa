package dev.tenfold.sharding.join;

import dev.tenfold.hash.KeyForm;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Which tables can be joined on a shard. Tables of one <b>group</b> are sharded by the same key, each by a column that holds
 * it, so that their rows with one key are in one slot and stay together whatever moves. <b>Broadcast</b> tables are whole on
 * every shard and can be joined with any.
 *
 * <pre>{@code
 * Colocation tables = Colocation.builder()
 *         .group("account", Long.class)
 *             .table("account", "id")
 *             .table("entry", "account_id")
 *         .group("product", String.class)
 *             .table("product", "sku")
 *         .broadcast("currency")
 *         .build();
 * tables.requireJoinable("account", "entry", "currency");   // before the query is sent
 * KeyForm<Object> form = tables.form("entry");              // for the store that moves its rows
 * }</pre>
 *
 * <p>What this does not see: the query itself. Joined tables must also be joined <b>on</b> the key, or rows of other keys on
 * the same shard are matched, and those on other shards are not. Immutable and thread-safe. Names of tables mean the same in
 * any case.
 */
public final class Colocation {

    /** A table of a group. */
    record Member(String group, Class<?> kind, String column, Function<Object, ?> part) {

        Object key(String table, Object value) {
            Object key = part.apply(value);
            // All widths of integers are one kind of key: they hash and compare alike.
            if (ColocationBuilder.kind(key.getClass()) != kind) {
                throw new IllegalArgumentException("key of table " + table + ": " + key + " of "
                        + key.getClass().getName() + " (expected: " + kind.getName() + ", as all tables of group "
                        + group + " have; another kind has another home)");
            }
            return key;
        }
    }

    private final Map<String, Member> members;
    private final List<String> broadcast;

    Colocation(Map<String, Member> members, List<String> broadcast) {
        this.members = new LinkedHashMap<>(members);
        this.broadcast = List.copyOf(broadcast);
    }

    /**
     * Starts a declaration.
     *
     * @return a builder without groups
     */
    public static ColocationBuilder builder() {
        return new ColocationBuilder();
    }

    /**
     * Makes sure that rows of some tables can be joined on one shard.
     *
     * @param tables their names, in any case
     * @throws IllegalArgumentException if two are of different groups, which names them, or one is not declared
     */
    public void requireJoinable(String... tables) {
        String first = null;
        for (String table : tables) {
            if (broadcast.contains(folded(table))) {
                continue;
            }
            if (first == null) {
                first = table;
            }
            if (!member(table).group().equals(member(first).group())) {
                throw new IllegalArgumentException(
                        "join of " + first + " (group " + member(first).group() + ") and "
                                + table + " (group " + member(table).group()
                                + "): their rows are on different shards (expected: tables of one group, or broadcast ones;"
                                + " query one, then the other, or keep a denormalised copy)");
            }
        }
    }

    /**
     * Returns a table's group.
     *
     * @param table its name, in any case
     * @return the group's name
     * @throws IllegalArgumentException if it is in none
     */
    public String group(String table) {
        return member(table).group();
    }

    /**
     * Returns the tables of a group.
     *
     * @param group its name
     * @return in the order they were declared, in lower case; empty if there is no such group
     */
    public List<String> tables(String group) {
        return members.entrySet().stream()
                .filter(member -> member.getValue().group().equals(group))
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * Returns the broadcast tables.
     *
     * @return in the order they were declared, in lower case
     */
    public List<String> broadcast() {
        return broadcast;
    }

    /**
     * Returns the column that holds the key.
     *
     * @param table the table's name, in any case
     * @return the column's name
     * @throws IllegalArgumentException if it is in no group
     */
    public String keyColumn(String table) {
        return member(table).column();
    }

    /**
     * Returns how values of a table's key column are hashed.
     *
     * @param table the table's name, in any case
     * @return a form that refuses values of another kind than the group's, which would have another home
     * @throws IllegalArgumentException if it is in no group
     */
    public KeyForm<Object> form(String table) {
        return KeyForm.of(key(table));
    }

    /**
     * Returns what makes the group's key of a value of a table's key column: what a store that moves rows by any {@link
     * dev.tenfold.sharding.Slotting} needs.
     *
     * @param table the table's name, in any case
     * @return refuses values of another kind than the group's, which would have another home
     * @throws IllegalArgumentException if it is in no group
     */
    public UnaryOperator<Object> key(String table) {
        Member member = member(table);
        return value -> member.key(table, value);
    }

    private Member member(String table) {
        Member member = members.get(folded(table));
        if (member == null) {
            throw new IllegalArgumentException("table: " + table
                    + (broadcast.contains(folded(table))
                            ? ", broadcast (expected: a table of a group: " + members.keySet() + ")"
                            : " (expected: one of " + members.keySet() + " or " + broadcast + ")"));
        }
        return member;
    }

    static String folded(String table) {
        return table.toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return "Colocation" + members.keySet() + broadcast;
    }
}
