package dev.tenfold.sharding.vertical;

import dev.tenfold.Locator;
import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.vertical.VerticalSharder.Home;
import dev.tenfold.time.TimeSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Puts a {@link VerticalSharder} together. Not thread-safe.
 *
 * @param <S> the kind of database
 */
public final class VerticalSharderBuilder<S> {

    String name = "tables";
    final Map<String, Home<S>> homes = new LinkedHashMap<>();
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();
    private final List<String> twice = new ArrayList<>();
    private final Map<String, String> tables = new LinkedHashMap<>();
    private @Nullable VersionedRegister<VerticalMap> register;

    VerticalSharderBuilder() {}

    /**
     * Names this sharder in events and errors.
     *
     * @param name default {@code "tables"}
     * @return this
     */
    public VerticalSharderBuilder<S> name(String name) {
        this.name = name;
        return this;
    }

    /**
     * Adds a home that is one database.
     *
     * @param home its name, stored in the map; case counts
     * @param database what is returned for its tables
     * @return this
     */
    public VerticalSharderBuilder<S> database(String home, S database) {
        return home(home, new Home<>(database, null));
    }

    /**
     * Adds a home that goes on by key: vertical first, then horizontal.
     *
     * @param <K> the kind of key its tables have
     * @param home its name, stored in the map; case counts
     * @param byKey such as a {@code Sharder}; not closed with this one
     * @return this
     */
    public <K> VerticalSharderBuilder<S> sharded(String home, Locator<K, ? extends S> byKey) {
        // A key of another kind is refused when it comes.
        @SuppressWarnings("unchecked")
        Locator<Object, ? extends S> unchecked = (Locator<Object, ? extends S>) byKey;
        return home(home, new Home<>(null, unchecked));
    }

    private VerticalSharderBuilder<S> home(String name, Home<S> home) {
        if (homes.put(name, home) != null) {
            twice.add("home " + name);
        }
        return this;
    }

    /**
     * Says where a table, or feature, is. Where a shared map exists already, that decides instead.
     *
     * @param table its name, in any case
     * @param home the name of its home
     * @return this
     */
    public VerticalSharderBuilder<S> table(String table, String home) {
        if (tables.put(table, home) != null) {
            twice.add("table " + table);
        }
        return this;
    }

    /**
     * Shares the map with other processes; see {@link #open()}. The sharder does not close the register.
     *
     * @param register holds the map; its codec is {@link VerticalMap#codec()}
     * @return this
     */
    public VerticalSharderBuilder<S> register(VersionedRegister<VerticalMap> register) {
        this.register = register;
        return this;
    }

    /**
     * Sets who is told of changed maps.
     *
     * @param observer default {@link Observer#slf4j()}
     * @return this
     */
    public VerticalSharderBuilder<S> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets the clock that dates events.
     *
     * @param time default {@link TimeSource#system()}
     * @return this
     */
    public VerticalSharderBuilder<S> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Builds a sharder with a map of its own.
     *
     * @return a sharder that needs no closing
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     */
    public VerticalSharder<S> build() {
        Validation check = validate();
        check.require(register == null, "register", register, "none with build(); use open() to share the map");
        check.throwIfInvalid();
        return following(Registers.inMemory(name));
    }

    /**
     * Builds a sharder that follows the register's map: reads it, writes the first one if there is none, and watches it
     * until the sharder is closed.
     *
     * @return a sharder to be closed
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     * @throws dev.tenfold.error.UnavailableException if the register cannot be reached
     */
    public VerticalSharder<S> open() {
        Validation check = validate();
        check.present("register", register, "call register(...), or build() for a map of its own");
        check.throwIfInvalid();
        return following(Objects.requireNonNull(register));
    }

    private VerticalSharder<S> following(VersionedRegister<VerticalMap> shared) {
        VerticalMap map = VerticalSharder.read(shared, new VerticalMap(1, tables));
        return new VerticalSharder<>(this, shared, map).follow();
    }

    private Validation validate() {
        Validation check = Validation.of("vertical sharder '" + name + "'");
        check.notEmpty("homes", homes.keySet(), "call database(...) or sharded(...)");
        check.require(twice.isEmpty(), "names", twice, "each once");
        tables.forEach((table, home) ->
                check.require(homes.containsKey(home), "home of table " + table, home, "one of " + homes.keySet()));
        try {
            new VerticalMap(1, tables);
        } catch (IllegalArgumentException invalid) {
            check.require(false, "tables", tables.size(), String.valueOf(invalid.getMessage()));
        }
        return check;
    }
}
