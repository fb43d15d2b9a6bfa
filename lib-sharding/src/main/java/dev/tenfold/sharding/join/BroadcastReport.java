package dev.tenfold.sharding.join;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the copies of a {@link BroadcastTable} stand. {@link #toString()} is for a person.
 *
 * @param table its name
 * @param version the version of the original
 * @param copies by shard
 */
public record BroadcastReport(String table, long version, Map<String, Copy> copies) {

    /** How a copy compares with the original. */
    public enum State {
        /** It is the same. */
        WHOLE,
        /** It missed a write. */
        BEHIND,
        /** It has the version of the original but other rows: somebody changed one or the other in another way. */
        ALTERED,
        /** It is newer than the original was when that was read: a write went on meanwhile. */
        AHEAD,
        /** It could not be read or written. */
        FAILED
    }

    /**
     * One shard's copy.
     *
     * @param state how it compares
     * @param version its version; 0 if it has none, or it is not known
     * @param failure what went wrong; {@code ""} unless the state is {@code FAILED}
     */
    public record Copy(State state, long version, String failure) {

        @Override
        public String toString() {
            return state + " at version " + version + (failure.isEmpty() ? "" : " (" + failure + ")");
        }
    }

    /** Copies {@code copies}, keeping their order. */
    public BroadcastReport {
        copies = Collections.unmodifiableMap(new LinkedHashMap<>(copies));
    }

    /**
     * Says whether every shard has the table as it is, or newer.
     *
     * @return false if one has to be repaired
     */
    public boolean isWhole() {
        return missed().isEmpty();
    }

    /**
     * Returns the shards that have to be repaired.
     *
     * @return sorted; empty if all have the table as it is, or newer
     */
    public Set<String> missed() {
        Set<String> missed = new TreeSet<>();
        copies.forEach((shard, copy) -> {
            if (copy.state() != State.WHOLE && copy.state() != State.AHEAD) {
                missed.add(shard);
            }
        });
        return missed;
    }
}
