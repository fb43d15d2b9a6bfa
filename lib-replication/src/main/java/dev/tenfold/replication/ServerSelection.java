package dev.tenfold.replication;

import dev.tenfold.replication.ReadPreference.Mode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Server selection as pure functions of what is known of the nodes, after MongoDB's server-selection and max-staleness
 * specifications: first by role, then by staleness, then by tag sets, then by latency. A set of nodes is a long, whose bit i is
 * the node i.
 */
final class ServerSelection {

    /** A round trip that was never measured; such a node counts as far. */
    static final long UNMEASURED = -1;

    /** Of a view whose age is not known. */
    static final long NEVER = Long.MIN_VALUE;

    /** The weight of the newest round trip in the average, from the specification. */
    static final double ALPHA = 0.2;

    private ServerSelection() {}

    /**
     * What is known of a node.
     *
     * @param role what it is
     * @param available whether calls may go there at all
     * @param roundTrip the average round trip in nanoseconds, or {@link #UNMEASURED}
     * @param tags its tags
     * @param lastWrite its view of the history is no older than this moment; {@link #NEVER} if nothing is known
     * @param lastUpdate when it was asked
     * @param offset how far its reads see the history
     */
    record Server(
            Role role,
            boolean available,
            long roundTrip,
            Map<String, String> tags,
            long lastWrite,
            long lastUpdate,
            long offset) {}

    /**
     * Who may answer.
     *
     * @param tiers sets of nodes in the order they are tried, none empty: one for the role that comes first and for each tag set
     * @param fallback the primary where it may answer only because no replica can, else 0
     */
    @SuppressWarnings("ArrayRecordComponent") // made for each topology, read by each selection, shared with nobody
    record Suitable(long[] tiers, long fallback) {}

    /** Finds who may answer by role, staleness and tags. */
    static Suitable suitable(List<Server> servers, ReadPreference preference, long probeInterval) {
        long primary = 0;
        long replicas = 0;
        for (int i = 0; i < servers.size(); i++) {
            Server server = servers.get(i);
            if (server.available() && server.role() == Role.PRIMARY) {
                primary |= 1L << i;
            } else if (server.available() && server.role() == Role.REPLICA) {
                replicas |= 1L << i;
            }
        }
        Mode mode = preference.mode();
        long fresh = mode == Mode.PRIMARY ? 0 : fresh(servers, primary, replicas, preference, probeInterval);
        return switch (mode) {
            case PRIMARY -> new Suitable(tiers(primary), 0);
            case PRIMARY_PREFERRED -> new Suitable(tiers(primary, tagged(servers, fresh, preference)), 0);
            case REPLICA -> new Suitable(tiers(0, tagged(servers, fresh, preference)), 0);
            case REPLICA_PREFERRED -> new Suitable(tiers(0, tagged(servers, fresh, preference)), primary);
            case NEAREST -> new Suitable(tiers(0, tagged(servers, fresh | primary, preference)), 0);
        };
    }

    /** The replicas that are fresh enough in time and in bytes. */
    private static long fresh(
            List<Server> servers, long primary, long replicas, ReadPreference preference, long probeInterval) {
        long maxAge = preference.maxStaleness().map(ServerSelection::nanos).orElse(Long.MAX_VALUE);
        long maxLag = preference.maxLag().orElse(Long.MAX_VALUE);
        long fresh = 0;
        for (long left = replicas; left != 0; left &= left - 1) {
            int i = Long.numberOfTrailingZeros(left);
            if (staleness(servers, primary, replicas, i, probeInterval) <= maxAge
                    && lag(servers, primary, replicas, i) <= maxLag) {
                fresh |= 1L << i;
            }
        }
        return fresh;
    }

    private static long nanos(java.time.Duration duration) {
        return duration.compareTo(java.time.Duration.ofNanos(Long.MAX_VALUE)) < 0 ? duration.toNanos() : Long.MAX_VALUE;
    }

    /**
     * Estimates how old a replica's view is, in nanoseconds, by the two formulas of the specification: {@code (S.lastUpdate -
     * S.lastWrite) - (P.lastUpdate - P.lastWrite) + interval} with a primary, {@code max(lastWrite) - S.lastWrite + interval}
     * without.
     *
     * @return at least 0; {@link Long#MAX_VALUE} where it is not known
     */
    static long staleness(List<Server> servers, long primary, long replicas, int replica, long probeInterval) {
        Server s = servers.get(replica);
        if (s.lastWrite() == NEVER) {
            return Long.MAX_VALUE;
        }
        if (primary != 0) {
            Server p = servers.get(Long.numberOfTrailingZeros(primary));
            long idle = p.lastWrite() == NEVER ? 0 : p.lastUpdate() - p.lastWrite();
            return Math.max(0, s.lastUpdate() - s.lastWrite() - idle + probeInterval);
        }
        long newest = s.lastWrite();
        for (long left = replicas; left != 0; left &= left - 1) {
            newest = Math.max(
                    newest, servers.get(Long.numberOfTrailingZeros(left)).lastWrite());
        }
        return newest - s.lastWrite() + probeInterval;
    }

    /** How many bytes a replica is behind the primary, or behind the furthest replica while there is none. */
    static long lag(List<Server> servers, long primary, long replicas, int replica) {
        long head = 0;
        for (long left = primary != 0 ? primary : replicas; left != 0; left &= left - 1) {
            head = Math.max(head, servers.get(Long.numberOfTrailingZeros(left)).offset());
        }
        long offset = servers.get(replica).offset();
        // Outside of the current history there is no telling.
        return offset < 0 ? Long.MAX_VALUE : Math.max(0, head - offset);
    }

    private static long[] tagged(List<Server> servers, long nodes, ReadPreference preference) {
        if (preference.tags().isEmpty()) {
            return new long[] {nodes};
        }
        return preference.tags().stream()
                .mapToLong(tags -> {
                    long matching = 0;
                    for (long left = nodes; left != 0; left &= left - 1) {
                        int i = Long.numberOfTrailingZeros(left);
                        boolean all = servers.get(i).tags().entrySet().containsAll(tags.entrySet());
                        matching |= all ? 1L << i : 0;
                    }
                    return matching;
                })
                .toArray();
    }

    private static long[] tiers(long first, long... rest) {
        long[] all = Arrays.copyOf(new long[] {first}, rest.length + 1);
        System.arraycopy(rest, 0, all, 1, rest.length);
        return Arrays.stream(all).filter(tier -> tier != 0).toArray();
    }

    /** Keeps those within the window of the nearest. Where no round trip was measured, all are as near. */
    static long near(long nodes, long[] roundTrips, long window) {
        long nearest = Long.MAX_VALUE;
        for (long left = nodes; left != 0; left &= left - 1) {
            long roundTrip = roundTrips[Long.numberOfTrailingZeros(left)];
            nearest = roundTrip >= 0 && roundTrip < nearest ? roundTrip : nearest;
        }
        if (nearest == Long.MAX_VALUE) {
            return nodes;
        }
        long near = 0;
        for (long left = nodes; left != 0; left &= left - 1) {
            long roundTrip = roundTrips[Long.numberOfTrailingZeros(left)];
            near |= roundTrip >= 0 && roundTrip - nearest <= window ? Long.lowestOneBit(left) : 0;
        }
        return near;
    }

    /** The exponentially weighted average after one more round trip; the first measured stands for itself. */
    static long average(long before, long roundTrip) {
        return before == UNMEASURED ? roundTrip : Math.round(ALPHA * roundTrip + (1 - ALPHA) * before);
    }
}
