package dev.tenfold.journey.app;

import dev.tenfold.replication.ReadPreference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How one application server is wired, as it travels on a command line: {@code name=value} arguments. Immutable; each
 * addition is a copy.
 *
 * @param settings the values by name
 */
public record AppConfig(Map<String, String> settings) {

    private static final String NAME = "name";
    private static final String PORT = "port";
    private static final String LOGINS = "logins";
    private static final String NODE = "node.";
    private static final String DISTANCE = "distance.";
    private static final String LEASE = "lease";
    private static final String READS = "reads";
    private static final String CACHE = "cache";
    private static final String OUTBOX = "outbox";
    private static final String SHARD_MAP = "shardmap";
    private static final String JOURNAL = "journal";

    /** Copies the settings, keeping their order. */
    public AppConfig {
        settings = new LinkedHashMap<>(settings);
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
     * Makes the same server again under another name.
     *
     * @param name the other's name in reports
     * @return a copy
     */
    public AppConfig renamed(String name) {
        return with(NAME, name);
    }

    /**
     * One database server as the application sees it.
     *
     * @param shard the replica set it belongs to
     * @param id its name in there
     * @param url its JDBC address
     * @param distance how long a round trip to it is made to take
     */
    public record Node(String shard, String id, String url, Duration distance) {}

    /**
     * Adds a database server. The first of a shard is expected to be the primary.
     *
     * @param shard the replica set it belongs to
     * @param id its name in there
     * @param url its JDBC address
     * @return a copy
     */
    public AppConfig node(String shard, String id, String url) {
        return with(NODE + shard + "." + id, url);
    }

    /**
     * Keeps everything in one database.
     *
     * @param url its JDBC address
     * @return a copy
     */
    public AppConfig database(String url) {
        return node("main", "a", url);
    }

    /**
     * Makes each round trip to a database server longer, as if it stood elsewhere.
     *
     * @param shard the replica set it belongs to
     * @param id its name in there
     * @param distance the time of a round trip
     * @return a copy
     */
    public AppConfig distance(String shard, String id, Duration distance) {
        return with(DISTANCE + shard + "." + id, distance.toString());
    }

    /**
     * Uses the nodes of each shard as a replica set that replaces a dead primary. All servers agree on who does it.
     *
     * @param folder where they keep the lease
     * @return a copy
     */
    public AppConfig replicated(Path folder) {
        return with(LEASE, folder.toString());
    }

    /**
     * Reads from the primary of each replica set, where that is nearer than its replicas.
     *
     * @return a copy
     */
    public AppConfig readingPrimary() {
        return with(READS, ReadPreference.Mode.PRIMARY.name());
    }

    /**
     * Keeps copies of profiles in each server.
     *
     * @param lifetime how long a copy is good for
     * @return a copy
     */
    public AppConfig cached(Duration lifetime) {
        return with(CACHE, lifetime.toString());
    }

    /**
     * Leaves a note in the outbox of the database for whoever is to be told of a follower.
     *
     * @return a copy
     */
    public AppConfig announcing() {
        return with(OUTBOX, "on");
    }

    /**
     * Keeps the queue of a notifier on disk.
     *
     * @param folder where
     * @return a copy
     */
    public AppConfig queueIn(Path folder) {
        return with(JOURNAL, folder.toString());
    }

    /**
     * Spreads people over the shards as a shared map says.
     *
     * @param url JDBC address of the database that holds the map
     * @return a copy
     */
    public AppConfig sharded(String url) {
        return with(SHARD_MAP, url);
    }

    /**
     * Keeps the login sessions in Redis; without it they are in the database.
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
        return optional(NAME).orElseThrow(() -> new IllegalArgumentException("name is missing"));
    }

    /** The port to listen on; 0 for any free one. */
    int port() {
        return optional(PORT).map(Integer::parseInt).orElse(0);
    }

    Optional<String> logins() {
        return optional(LOGINS);
    }

    Optional<Path> leaseFolder() {
        return optional(LEASE).map(Path::of);
    }

    Path journalFolder() {
        return optional(JOURNAL)
                .map(Path::of)
                .orElseThrow(() -> new IllegalArgumentException("the folder of the queue is missing"));
    }

    ReadPreference reads() {
        return optional(READS)
                .map(ReadPreference.Mode::valueOf)
                .map(ReadPreference::of)
                .orElse(ReadPreference.replicaPreferred());
    }

    Optional<Duration> cacheLifetime() {
        return optional(CACHE).map(Duration::parse);
    }

    boolean isAnnouncing() {
        return optional(OUTBOX).isPresent();
    }

    Optional<String> shardMap() {
        return optional(SHARD_MAP);
    }

    /** The database servers of each shard, in the order in which they were added. */
    Map<String, List<Node>> shards() {
        Map<String, List<Node>> shards = new LinkedHashMap<>();
        settings.forEach((name, value) -> {
            if (name.startsWith(NODE)) {
                String place = name.substring(NODE.length());
                int dot = place.indexOf('.');
                Duration distance =
                        optional(DISTANCE + place).map(Duration::parse).orElse(Duration.ZERO);
                Node node = new Node(place.substring(0, dot), place.substring(dot + 1), value, distance);
                shards.computeIfAbsent(node.shard(), shard -> new ArrayList<>()).add(node);
            }
        });
        return shards;
    }

    /**
     * Writes the configuration as arguments.
     *
     * @return what a server's {@code main} reads
     */
    public List<String> toArguments() {
        return settings.entrySet().stream()
                .map(setting -> setting.getKey() + "=" + setting.getValue())
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

    private Optional<String> optional(String name) {
        return Optional.ofNullable(settings.get(name));
    }

    private AppConfig with(String name, String value) {
        Map<String, String> changed = new LinkedHashMap<>(settings);
        changed.put(name, value);
        return new AppConfig(changed);
    }
}
