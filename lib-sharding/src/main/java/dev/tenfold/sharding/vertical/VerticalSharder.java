package dev.tenfold.sharding.vertical;

import dev.tenfold.Locator;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.SnapshotCell;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the database of a table, or of a feature: vertical sharding, also called functional partitioning. A home is one
 * database, or a further sharder that goes on by key.
 *
 * <pre>{@code
 * VerticalSharder<DataSource> homes = VerticalSharder.<DataSource>builder()
 *         .database("people", db1)
 *         .sharded("ledger", ledgerShards)          // a Sharder<Long, DataSource>
 *         .table("profile", "people")
 *         .table("transactions", "ledger")
 *         .build();
 * DataSource profiles = homes.locate("profile");
 * DataSource account = homes.locate("transactions", 42L);
 * }</pre>
 *
 * <p>Names of tables mean the same in any case; see {@link VerticalMap}. Tables at different homes cannot be joined, nor
 * changed in one transaction.
 *
 * <p>Thread-safe. A lookup takes no lock, costs one or two reads of hash tables besides what the further sharder costs, and
 * allocates nothing for a name in lower case.
 *
 * @param <S> the kind of database
 */
public final class VerticalSharder<S> implements AutoCloseable {

    /** A home: one of the two is there. */
    record Home<S>(@Nullable S database, @Nullable Locator<Object, ? extends S> byKey) {}

    private final String name;
    private final Map<String, Home<S>> homes;
    private final VersionedRegister<VerticalMap> register;
    private final SnapshotCell<VerticalMap> cell;
    private final Observer observer;
    private final TimeSource time;
    private @Nullable Watch watch;

    VerticalSharder(VerticalSharderBuilder<S> builder, VersionedRegister<VerticalMap> register, VerticalMap map) {
        this.name = builder.name;
        this.homes = Map.copyOf(builder.homes);
        this.register = register;
        this.cell = new SnapshotCell<>(map);
        this.observer = builder.observer.guarded();
        this.time = builder.time;
    }

    VerticalSharder<S> follow() {
        watch = register.watch(versioned -> learn(versioned.value()));
        return this;
    }

    /**
     * Starts a vertical sharder.
     *
     * @param <S> the kind of database
     * @return a builder without homes and tables
     */
    public static <S> VerticalSharderBuilder<S> builder() {
        return new VerticalSharderBuilder<>();
    }

    /**
     * Finds the database of a table that is not sharded further.
     *
     * @param table its name, in any case
     * @return its database
     * @throws IllegalArgumentException if there is no such table, or its home goes on by key
     * @throws UnavailableException if this process does not know the table's home
     */
    public S locate(String table) {
        S database = home(table).database();
        if (database == null) {
            throw new IllegalArgumentException(
                    "table " + table + ", without a key (expected: locate(table, key); its home " + homeName(table)
                            + " is sharded by key)");
        }
        return database;
    }

    /**
     * Finds the database of a row.
     *
     * @param table its table's name, in any case
     * @param key decides among the shards of the table's home; of no account where that is one database
     * @return its database
     * @throws IllegalArgumentException if there is no such table, or its home has no such kind of key
     * @throws UnavailableException if this process does not know the table's home
     */
    public S locate(String table, Object key) {
        Home<S> home = home(table);
        if (home.database() != null) {
            return home.database();
        }
        try {
            return byKey(home).locate(key);
        } catch (ClassCastException wrong) {
            throw wrongKey(table, key, wrong);
        }
    }

    /**
     * Returns what finds the database of a table's rows by key, wherever the table's home will be.
     *
     * @param <K> the kind of key
     * @param table its name, in any case
     * @return a locator that asks this sharder anew each time
     */
    public <K> Locator<K, S> rows(String table) {
        return new Locator<>() {
            @Override
            public S locate(K key) {
                return VerticalSharder.this.locate(table, key);
            }

            @Override
            public S relocate(K key, StaleEpochException refused, Deadline deadline) {
                refresh();
                Home<S> home = home(table);
                return home.database() != null ? home.database() : byKey(home).relocate(key, refused, deadline);
            }
        };
    }

    private Locator<Object, ? extends S> byKey(Home<S> home) {
        Locator<Object, ? extends S> byKey = home.byKey();
        if (byKey == null) {
            throw new IllegalStateException("home: neither a database nor a sharder (expected: one of them)");
        }
        return byKey;
    }

    private Home<S> home(String table) {
        Home<S> home = homes.get(homeName(table));
        if (home == null) {
            throw new UnavailableException(
                    "home " + homeName(table) + " of table " + table
                            + ", unknown to this process; name it with database(...) or sharded(...)",
                    List.of(),
                    null);
        }
        return home;
    }

    /**
     * Returns the name of a table's home.
     *
     * @param table its name, in any case
     * @return as given to {@link VerticalSharderBuilder#table}
     * @throws IllegalArgumentException if there is no such table
     */
    public String homeName(String table) {
        Map<String, String> tables = map().homes();
        String home = tables.get(table);
        if (home == null) {
            home = tables.get(VerticalMap.folded(table));
        }
        if (home == null) {
            throw new IllegalArgumentException("table: " + table + " (expected: one of " + sample(tables)
                    + "; add it with table(...) or assign(...))");
        }
        return home;
    }

    private static String sample(Map<String, String> tables) {
        List<String> some = tables.keySet().stream().limit(20).toList();
        return some + (tables.size() > some.size() ? " and " + (tables.size() - some.size()) + " more" : "");
    }

    private static IllegalArgumentException wrongKey(String table, Object key, ClassCastException cause) {
        return new IllegalArgumentException(
                "key: " + key + " of " + key.getClass().getName() + " (expected: the kind of key that table " + table
                        + " is sharded by)",
                cause);
    }

    /**
     * Returns the map in force.
     *
     * @return the newest this process knows
     */
    public VerticalMap map() {
        return cell.current();
    }

    /**
     * Watches the map. The listener is told the current one at once, then each newer one.
     *
     * @param listener whom to tell; quick, and not changing the map
     * @return stops the watching when closed
     */
    public Watch watch(Consumer<? super VerticalMap> listener) {
        return cell.watch(listener);
    }

    /**
     * Names a table's home, for all who share the map, <b>without moving any data</b>: copy the table first, and keep its
     * writers away from before the end of the copy until every process has the new map.
     *
     * @param table a table that may be new
     * @param home a home that this process knows
     * @return the new map
     * @throws IllegalArgumentException if this process does not know the home
     * @throws StaleEpochException if the map was changed at the same time; nothing was done
     * @throws dev.tenfold.error.OutcomeUnknownException if it is not known whether the map was written
     * @throws UnavailableException if the register cannot be reached
     */
    public VerticalMap assign(String table, String home) {
        if (!homes.containsKey(home)) {
            throw new IllegalArgumentException("home: " + home + " (expected: one of " + homes.keySet() + ")");
        }
        Versioned<VerticalMap> current = register.read().orElseThrow();
        VerticalMap next = current.value().with(table, home);
        if (register.compareAndSet(current.version(), next).isEmpty()) {
            throw new StaleEpochException(
                    "assignment of table " + table, current.value().epoch(), next.epoch());
        }
        learn(next);
        return next;
    }

    /**
     * Reads the newest map from the register. Blocks on its storage.
     *
     * @return the map in force
     * @throws UnavailableException if the register cannot be reached
     */
    public VerticalMap refresh() {
        register.read().ifPresent(versioned -> learn(versioned.value()));
        return map();
    }

    static VerticalMap read(VersionedRegister<VerticalMap> register, VerticalMap first) {
        Optional<Versioned<VerticalMap>> current = register.read();
        if (current.isEmpty()) {
            // Whoever is faster decides; all read it.
            register.compareAndSet(0, first);
            current = register.read();
        }
        return current.orElseThrow().value();
    }

    private void learn(VerticalMap map) {
        if (cell.offer(map)) {
            observer.on(new Event(
                    time.now(),
                    "sharding/" + name,
                    "map.changed",
                    Level.INFO,
                    "finds tables by epoch " + map.epoch(),
                    Map.of("epoch", map.epoch(), "tables", map.homes().size())));
        }
    }

    /** Stops following the register; lookups go on by the last map. */
    @Override
    public void close() {
        Watch following = watch;
        if (following != null) {
            following.close();
        }
    }

    @Override
    public String toString() {
        return "VerticalSharder[" + name + ", epoch " + map().epoch() + ", "
                + map().homes().size() + " tables]";
    }
}
