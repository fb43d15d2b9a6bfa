package dev.tenfold.sharding.join;

import dev.tenfold.error.Validation;
import dev.tenfold.sharding.join.Colocation.Member;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Puts a {@link Colocation} together. Not thread-safe. */
public final class ColocationBuilder {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");

    private static final Set<Class<?>> KINDS =
            Set.of(String.class, Long.class, UUID.class, byte[].class, Instant.class);

    private final Map<String, Class<?>> groups = new LinkedHashMap<>();
    private final Map<String, Member> members = new LinkedHashMap<>();
    private final List<String> broadcast = new ArrayList<>();
    private final Set<String> problems = new LinkedHashSet<>();
    private String group = "";

    ColocationBuilder() {}

    /**
     * Starts a group, to which the tables named next belong.
     *
     * @param name for errors, such as what the key identifies
     * @param key the kind of its keys: {@code String}, {@code Long}, {@code Integer} or {@code Short} (which are one kind),
     *     {@code UUID}, {@code byte[]}, or among ranges {@code Instant}
     * @return this
     */
    public ColocationBuilder group(String name, Class<?> key) {
        if (groups.put(name, kind(key)) != null) {
            problems.add("group " + name + ", twice");
        }
        group = name;
        return this;
    }

    /**
     * Adds a table to the group, by a column that holds its key.
     *
     * @param table its name, with or without a schema, in any case
     * @param keyColumn the column: never null, never changed
     * @return this
     */
    public ColocationBuilder table(String table, String keyColumn) {
        return table(table, keyColumn, value -> value);
    }

    /**
     * Adds a table to the group, by a column of which a part is the key, such as the tenant in an order's number.
     *
     * @param table its name, with or without a schema, in any case
     * @param keyColumn the column: never null, never changed
     * @param part extracts the group's key from the column's value; pure
     * @return this
     */
    public ColocationBuilder table(String table, String keyColumn, Function<Object, ?> part) {
        Class<?> kind = groups.get(group);
        if (kind == null) {
            problems.add("table " + table + ", in no group");
        } else if (members.put(Colocation.folded(table), new Member(group, kind, keyColumn, part)) != null) {
            problems.add("table " + table + ", twice");
        }
        if (!NAME.matcher(table).matches() || !NAME.matcher(keyColumn).matches() || keyColumn.indexOf('.') >= 0) {
            problems.add("table " + table + " by " + keyColumn + ", names of other than letters, digits and _");
        }
        return this;
    }

    /**
     * Adds tables that are whole on every shard; see {@link BroadcastTable}.
     *
     * @param tables their names, in any case
     * @return this
     */
    public ColocationBuilder broadcast(String... tables) {
        for (String table : tables) {
            if (broadcast.contains(Colocation.folded(table))) {
                problems.add("table " + table + ", twice");
            }
            broadcast.add(Colocation.folded(table));
        }
        return this;
    }

    /**
     * Builds the declaration.
     *
     * @return immutable
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     */
    public Colocation build() {
        Validation check = Validation.of("colocation");
        check.notEmpty("groups", groups.keySet(), "call group(...)");
        for (String problem : problems) {
            check.require(false, "declaration", problem, "each group and table once, tables after their group");
        }
        groups.forEach((name, kind) -> {
            check.require(
                    KINDS.contains(kind),
                    "key of group " + name,
                    kind.getName(),
                    "String, Long, Integer, Short, UUID, byte[] or Instant");
            check.require(
                    members.values().stream().anyMatch(member -> member.group().equals(name)),
                    "group " + name,
                    "empty",
                    "at least one table; call table(...) after group(...)");
        });
        for (String table : broadcast) {
            check.require(
                    !members.containsKey(table), "table " + table, "broadcast and in a group", "one or the other");
        }
        check.throwIfInvalid();
        return new Colocation(members, broadcast);
    }

    static Class<?> kind(Class<?> key) {
        return key == Integer.class || key == Short.class ? Long.class : key;
    }
}
