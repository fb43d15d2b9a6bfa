package dev.tenfold.journey.env;

import dev.tenfold.journey.app.Parts;
import dev.tenfold.journey.report.Narrator;
import dev.tenfold.replication.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * This machine, as far as the journey uses it: a temporary folder, and servers that are started at their first use. Closing
 * it, which the end of the process also does, stops every one and removes the folder. Thread-safe.
 */
public final class Town implements AutoCloseable {

    /** The pools of several servers over several databases of one PostgreSQL come to more than its default of 100. */
    private static final String MOST_CONNECTIONS = "250";

    private final Narrator narrator;
    private final Path folder;
    private final Parts parts = new Parts();
    private final Thread atExit = new Thread(parts::close, "town-exit");
    private @Nullable Redis redis;
    private @Nullable PostgresCluster single;

    /**
     * Prepares an empty town.
     *
     * @param narrator tells what is started
     * @throws IOException if there is no room in the temporary folder
     */
    public Town(Narrator narrator) throws IOException {
        this.narrator = narrator;
        folder = Files.createTempDirectory("tenfold-journey");
        parts.add(() -> remove(folder));
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Returns who tells what happens.
     *
     * @return the narrator of the run
     */
    public Narrator narrator() {
        return narrator;
    }

    /**
     * Makes a folder that goes when the town does.
     *
     * @param name what it begins with
     * @return an empty folder
     * @throws IOException if it cannot be made
     */
    public Path newFolder(String name) throws IOException {
        return Files.createTempDirectory(folder, name);
    }

    /**
     * Returns the Redis server of the town.
     *
     * @return a running server
     * @throws IOException if it does not start
     */
    public synchronized Redis redis() throws IOException {
        if (redis == null) {
            redis = parts.add(Redis.start(newFolder("redis")));
        }
        return redis;
    }

    /**
     * Returns the PostgreSQL server without replicas.
     *
     * @return a running server, whose node is {@code "a"}
     */
    public synchronized PostgresCluster postgres() {
        if (single == null) {
            single = parts.add(PostgresCluster.builder()
                    .setting("max_connections", MOST_CONNECTIONS)
                    .start());
        }
        return single;
    }

    @Override
    public void close() {
        parts.close();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException exiting) {
            return; // the hook runs, and finds nothing left to close
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
