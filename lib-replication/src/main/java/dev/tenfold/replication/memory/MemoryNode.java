package dev.tenfold.replication.memory;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A node of a {@link MemoryReplication}: a small store of texts by key, kept as a log of changes as a database keeps them.
 * Thread-safe; a call on a node that is down, or a write on one that is not the primary, fails at once and is classified by the
 * engine as a database's would be.
 */
public final class MemoryNode {

    /** A change, and the timeline it was made on; a promotion leaves one without a key. */
    record Change(long timeline, String key, String value) {}

    final MemoryReplication replication;
    final String id;
    List<Change> log = new ArrayList<>();
    int replayed;
    long timeline = 1;
    int start;
    boolean writable;
    boolean down;
    boolean cut;
    boolean lagging;
    boolean stuck;

    /** The highest fencing token it was given. */
    long token;

    /** The highest timeline that it was told is taken. */
    long reserved;

    /** Whether it was retired, and neither reinstated nor re-joined since. */
    boolean retired;

    @Nullable
    String upstream;

    MemoryNode(MemoryReplication replication, String id) {
        this.replication = replication;
        this.id = id;
    }

    /**
     * Returns its name.
     *
     * @return as the replica set knows it
     */
    public String id() {
        return id;
    }

    /**
     * Writes; returns once enough replicas have it.
     *
     * @param key where
     * @param value what
     * @throws RuntimeException if the node is down, is no primary, or too few replicas have it
     */
    public void put(String key, String value) {
        replication.run(() -> replication.write(this, key, value));
    }

    /**
     * Reads.
     *
     * @param key where
     * @return what the node's readers see there, or empty
     * @throws RuntimeException if the node is down
     */
    public Optional<String> get(String key) {
        return Optional.ofNullable(contents().get(key));
    }

    /**
     * Reads everything.
     *
     * @return a copy of what the node's readers see, in the order in which the keys first came
     * @throws RuntimeException if the node is down
     */
    public Map<String, String> contents() {
        return replication.call(() -> {
            replication.requireUp(this);
            Map<String, String> seen = new LinkedHashMap<>();
            log.subList(0, replayed).stream()
                    .filter(change -> !change.key().isEmpty())
                    .forEach(change -> seen.put(change.key(), change.value()));
            return seen;
        });
    }

    /** Stops answering anybody. Nothing is lost of what it had. */
    public void crash() {
        change(() -> down = true);
    }

    /** Answers again, with the data and the role it had. */
    public void restart() {
        change(() -> down = false);
    }

    /**
     * Cuts it off from the node it follows, or ends that; it still answers.
     *
     * @param value whether it receives nothing
     */
    public void cutOff(boolean value) {
        change(() -> cut = value);
    }

    /**
     * Makes its readers see nothing new, or all it has; it still receives.
     *
     * @param value whether it lags
     */
    public void lag(boolean value) {
        change(() -> lagging = value);
    }

    /** Makes it fail when it is told to freeze. */
    public void refuseFreeze() {
        change(() -> stuck = true);
    }

    /** Promotes it behind everybody's back, as an operator or another tool might. */
    public void promoteByHand() {
        replication.run(() -> replication.becomePrimary(this));
    }

    private void change(Runnable change) {
        replication.run(() -> {
            change.run();
            replication.stream();
        });
    }

    @Override
    public String toString() {
        return id;
    }
}
