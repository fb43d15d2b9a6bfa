package dev.tenfold.session;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a {@link Session} knows at one moment; never changed once published.
 *
 * @param floors by shard, the one noted longest ago first: what every read of it must have reached
 * @param keys what was seen of single keys beyond the floors of their shards, the one noted longest ago first
 * @param topologies by name, the one met longest ago first
 * @param forgotSome whether a shard that is not among them was
 */
record SessionState(
        Map<String, Position> floors, List<KeyMark> keys, Map<String, Position> topologies, boolean forgotSome) {

    static final SessionState EMPTY = new SessionState(Map.of(), List.of(), Map.of(), false);

    /**
     * What was seen of a key.
     *
     * @param shard its replica set
     * @param key half of its hash: keys that share it share the mark, which is the later one
     * @param seen the later mark of what was seen
     * @param read the read it was, 0 where reads overlapped and nobody can say which came last
     */
    record KeyMark(String shard, int key, Position seen, long read) {

        boolean isOf(String otherShard, int otherKey) {
            return key == otherKey && shard.equals(otherShard);
        }

        KeyMark then(Positioned<?> answer, boolean fromPrimary) {
            boolean after = answer.position().covers(seen) || (fromPrimary && seen.isPrimaryOnly());
            if (after) {
                return new KeyMark(shard, key, answer.seen(), answer.read());
            }
            return new KeyMark(shard, key, seen.max(answer.seen()), read == answer.read() ? read : 0);
        }
    }

    private static int half(long key) {
        return (int) (key ^ (key >>> 32));
    }

    Position floor(String shard) {
        Position floor = floors.get(shard);
        if (floor != null) {
            return floor;
        }
        return forgotSome ? Position.primaryOnly(shard) : Position.none();
    }

    Position top(String shard) {
        Position top = floor(shard);
        for (KeyMark mark : keys) {
            if (mark.shard.equals(shard)) {
                top = top.max(mark.seen);
            }
        }
        return top;
    }

    Marks marks(String shard, long key) {
        Position floor = floor(shard);
        int half = half(key);
        for (KeyMark mark : keys) {
            if (mark.isOf(shard, half)) {
                return new Marks(floor, mark.seen, mark.read);
            }
        }
        return new Marks(floor, Position.none(), 0);
    }

    Position topology(String name) {
        return topologies.getOrDefault(name, Position.none());
    }

    private boolean isForgotten(String shard) {
        return forgotSome && !floors.containsKey(shard);
    }

    SessionState withRead(String shard, long key, Positioned<?> answer, boolean fromPrimary) {
        if (isForgotten(shard) && !fromPrimary) {
            return this;
        }
        Position floor = floor(shard);
        if (fromPrimary && floor.isPrimaryOnly()) {
            floor = settled(floor, answer.position().isNone() ? answer.seen() : answer.position());
        }
        int half = half(key);
        KeyMark next = new KeyMark(shard, half, answer.seen(), answer.read());
        List<KeyMark> others = new ArrayList<>(keys);
        for (Iterator<KeyMark> each = others.iterator(); each.hasNext(); ) {
            KeyMark mark = each.next();
            if (mark.isOf(shard, half)) {
                next = mark.then(answer, fromPrimary);
                each.remove();
            }
        }
        others.add(next);
        return with(shard, floor, others);
    }

    SessionState withAdvanced(Position position) {
        String shard = position.shard();
        if (isForgotten(shard)) {
            return this;
        }
        // Who asks for the primary asks for that of the latest timeline that was seen in any way.
        Position before = position.isPrimaryOnly() ? top(shard) : floor(shard);
        return with(shard, before.max(position), keys);
    }

    SessionState withSettled(Position position) {
        String shard = position.shard();
        Position top = top(shard);
        if (!top.isPrimaryOnly()) {
            return with(shard, floor(shard).max(position), keys);
        }
        Position settled = settled(top, position);
        List<KeyMark> left = new ArrayList<>(keys);
        left.removeIf(mark -> mark.shard.equals(shard) && mark.seen.isPrimaryOnly());
        return with(shard, settled, left);
    }

    /** The primary of an older timeline than was seen settles nothing. */
    private static Position settled(Position primaryOnly, Position answer) {
        boolean answers = primaryOnly.timeline() == Long.MAX_VALUE || answer.timeline() >= primaryOnly.timeline();
        return answers ? answer : primaryOnly.max(answer);
    }

    SessionState withRestarted(Position position) {
        List<KeyMark> left = new ArrayList<>(keys);
        left.removeIf(mark -> mark.shard.equals(position.shard()));
        return with(position.shard(), position, left);
    }

    /**
     * A session that knows shards may know them by another topology: then it forgets them, all but the timelines, so that no
     * primary answers from before a promotion that the session has seen.
     */
    SessionState withTopology(Position topology) {
        if (topology(topology.shard()).isAtOrAfter(topology)) {
            return this;
        }
        Map<String, Position> met = new LinkedHashMap<>(topologies);
        met.remove(topology.shard());
        met.put(topology.shard(), topology);
        if (met.size() > Session.MAXIMUM_TOPOLOGIES) {
            met.remove(met.keySet().iterator().next());
        }
        Map<String, Position> primaries = new LinkedHashMap<>();
        floors.keySet()
                .forEach(shard -> primaries.put(
                        shard, Position.primaryOnly(shard, top(shard).timeline())));
        return new SessionState(primaries, List.of(), met, forgotSome || !floors.isEmpty());
    }

    /** Drops the marks that a floor makes needless, and what is too much. */
    private SessionState with(String shard, Position floor, List<KeyMark> marks) {
        Map<String, Position> shards = new LinkedHashMap<>(floors);
        shards.remove(shard);
        shards.put(shard, floor);
        List<KeyMark> left = new ArrayList<>(marks);
        left.removeIf(mark -> mark.shard.equals(shard) && floor.isAtOrAfter(mark.seen));
        if (left.size() > Session.MAXIMUM_KEYS) {
            KeyMark eldest = left.remove(0);
            shards.merge(eldest.shard, eldest.seen, Position::max);
        }
        boolean forgot = forgotSome;
        if (shards.size() > Session.MAXIMUM_SHARDS) {
            String eldest = shards.keySet().iterator().next();
            shards.remove(eldest);
            left.removeIf(mark -> mark.shard.equals(eldest));
            forgot = true;
        }
        return new SessionState(shards, List.copyOf(left), topologies, forgot);
    }

    @Override
    public String toString() {
        return floors.values()
                + (keys.isEmpty() ? "" : " and " + keys.size() + " keys")
                + (forgotSome ? ", forgot some" : "");
    }
}
