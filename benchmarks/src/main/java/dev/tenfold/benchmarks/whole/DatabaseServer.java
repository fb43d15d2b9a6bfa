package dev.tenfold.benchmarks.whole;

import dev.tenfold.benchmarks.whole.ShardState.Command;
import dev.tenfold.replication.LogPosition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One database server: a log, and what carrying it out makes of the tables. What it wrote survives a crash, and it comes back
 * as what it was. A primary's readers see what was committed; that is what a quorum has, or after a crash all it had
 * written.
 */
final class DatabaseServer {

    /** A transaction in the log, or the mark of a promotion. Each is itself: two logs agree where they share entries. */
    static final class Entry {
        final long timeline;
        final @Nullable Command<?> command;

        Entry(long timeline, @Nullable Command<?> command) {
            this.timeline = timeline;
            this.command = command;
        }
    }

    /** The tables after a part of the log. */
    private final class Tables {
        ShardState state = new ShardState(shard);
        int applied;

        ShardState at(int offset) {
            for (; applied < offset; applied++) {
                Command<?> command = log.get(applied).command;
                if (command != null) {
                    command.apply(state);
                }
            }
            return state;
        }
    }

    final String id;
    final String shard;
    List<Entry> log = new ArrayList<>();
    int replayed;
    int committed;
    long timeline = 1;
    int start;
    boolean writable;
    boolean up = true;
    boolean rejoining;
    /** Ended in order for a switchover, and in nobody's hands yet. */
    boolean retired;
    /** Grows with each crash. */
    int incarnation;

    long hungUntil;
    long replayPausedUntil;

    @Nullable
    DatabaseServer upstream;

    long lastReceived = Long.MIN_VALUE / 2;
    /** How far each follower said it has the log. */
    final Map<DatabaseServer, Integer> received = new HashMap<>();
    /** The highest it was given by a driver. */
    long token;

    /** Who froze it, and may promote it. */
    @Nullable
    Object controller;

    private Tables seen;
    private Tables written;

    DatabaseServer(String shard, String id) {
        this.shard = shard;
        this.id = id;
        seen = new Tables();
        written = new Tables();
    }

    boolean answers(long now) {
        return up && now >= hungUntil;
    }

    boolean continuesIn(DatabaseServer other) {
        int size = log.size();
        return other.log.size() >= size
                && other.timeline >= timeline
                && (size == 0 || other.log.get(size - 1) == log.get(size - 1));
    }

    LogPosition end() {
        return new LogPosition(timeline, log.size());
    }

    /** How far its readers see. */
    LogPosition readable() {
        return new LogPosition(timeline, writable ? committed : replayed);
    }

    /** What its readers see. */
    ShardState seen() {
        return seen.at(writable ? committed : replayed);
    }

    /** Carries out a transaction on the newest state and writes it down; what throws has done nothing. */
    <R> R write(Command<R> command) {
        R result = command.apply(written.at(log.size()));
        log.add(new Entry(timeline, command));
        written.applied++;
        return result;
    }

    /** Notes what a quorum has. */
    void commit(int quorum) {
        if (quorum == 0) {
            committed = log.size();
            return;
        }
        int[] offsets =
                received.values().stream().mapToInt(Integer::intValue).sorted().toArray();
        if (offsets.length >= quorum) {
            committed = Math.max(committed, offsets[offsets.length - quorum]);
        }
    }

    void crash() {
        up = false;
        incarnation++;
        hungUntil = 0;
        received.clear();
        controller = null;
        committed = log.size();
    }

    /** Takes no writes any more; who waits for a commit is sent away. */
    void retire() {
        writable = false;
        retired = true;
        incarnation++;
        received.clear();
        upstream = null;
        replayed = log.size();
    }

    /** Takes writes again. All it has written counts as committed, as after a crash. */
    void reinstate() {
        retired = false;
        writable = true;
        committed = log.size();
    }

    void promote() {
        retired = false;
        start = log.size();
        timeline++;
        log.add(new Entry(timeline, null));
        replayed = log.size();
        committed = log.size();
        received.clear();
        upstream = null;
        controller = null;
        writable = true;
    }

    /** Becomes a copy of another, and follows it. */
    void copy(DatabaseServer from) {
        log = new ArrayList<>(from.log);
        replayed = log.size();
        timeline = from.timeline;
        start = from.start;
        writable = false;
        retired = false;
        received.clear();
        controller = null;
        incarnation++;
        upstream = from;
        seen = new Tables();
        written = new Tables();
    }

    @Override
    public String toString() {
        return id + (up ? "" : " down") + (writable ? " primary" : "") + " " + timeline + ":" + log.size() + "/"
                + (writable ? committed : replayed) + (upstream == null ? "" : " <- " + upstream.id);
    }
}
