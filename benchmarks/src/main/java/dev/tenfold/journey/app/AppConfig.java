package dev.tenfold.journey.app;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How one application server is wired, as it travels on a command line: {@code name=value} arguments. Immutable.
 *
 * @param settings the values by name
 */
public record AppConfig(Map<String, String> settings) {

    /** The server's name in reports; always there. */
    static final String NAME = "name";

    /** The port to listen on; a free one if absent. */
    static final String PORT = "port";

    /** JDBC address of the one database. */
    static final String DATABASE = "database";

    /** How long a round trip to the database is made to take, in microseconds. */
    static final String DATABASE_DISTANCE = "database.distance";

    /** {@code redis://} address of the shared login sessions; in the database if absent. */
    static final String LOGINS = "logins";

    /** Copies the settings. */
    public AppConfig {
        settings = Map.copyOf(settings);
    }

    /**
     * Starts a configuration.
     *
     * @param name the server's name in reports
     * @return a server without any data
     */
    public static AppConfig named(String name) {
        return new AppConfig(Map.of(NAME, name));
    }

    /**
     * Keeps everything in one database.
     *
     * @param url its JDBC address
     * @return a copy
     */
    public AppConfig database(String url) {
        return with(DATABASE, url);
    }

    /**
     * Makes each round trip to the database longer, as if it stood elsewhere.
     *
     * @param micros microseconds
     * @return a copy
     */
    public AppConfig databaseDistance(long micros) {
        return with(DATABASE_DISTANCE, Long.toString(micros));
    }

    /**
     * Keeps the login sessions in Redis.
     *
     * @param uri its {@code redis://} address
     * @return a copy
     */
    public AppConfig loginsIn(String uri) {
        return with(LOGINS, uri);
    }

    /**
     * Sets the port, so that a server that comes back is found where it was.
     *
     * @param port a TCP port
     * @return a copy
     */
    public AppConfig port(int port) {
        return with(PORT, Integer.toString(port));
    }

    /**
     * Returns the server's name.
     *
     * @return the name in reports
     */
    public String name() {
        return required(NAME);
    }

    /**
     * Writes the configuration as arguments.
     *
     * @return what {@link #parse} reads
     */
    public List<String> toArguments() {
        return settings.entrySet().stream()
                .map(setting -> setting.getKey() + "=" + setting.getValue())
                .sorted()
                .toList();
    }

    static AppConfig parse(String[] arguments) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("argument: " + argument + " (expected: name=value)");
            }
            settings.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        return new AppConfig(settings);
    }

    String required(String name) {
        return optional(name).orElseThrow(() -> new IllegalArgumentException(name + " is missing"));
    }

    Optional<String> optional(String name) {
        return Optional.ofNullable(settings.get(name));
    }

    AppConfig with(String name, String value) {
        Map<String, String> changed = new LinkedHashMap<>(settings);
        changed.put(name, value);
        return new AppConfig(changed);
    }
}
