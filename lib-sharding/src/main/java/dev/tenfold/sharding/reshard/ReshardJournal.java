package dev.tenfold.sharding.reshard;

import dev.tenfold.Codec;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import dev.tenfold.sharding.hash.Shard;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What all processes know of the plan that is being carried out, or was last: who does it, how far each flow is, and what
 * people asked for. Kept in a register beside the shard map. Immutable.
 *
 * <p>It decides nothing about ownership: that is the map's. It hands out the tokens, each once, and holds the requests; a
 * coordinator that finds another owner or token here stops.
 *
 * @param plan the number of the plan, from 1, one more with each
 * @param owner the coordinator that works on it, for people
 * @param token as claimed at the stores; 0 until somebody works on it
 * @param requests what people asked for
 * @param stage how far the whole plan is
 * @param soakEnd when the new owners will have proved themselves; empty until all slots have switched
 * @param failure why the plan is given up; empty where it is not
 * @param shards the shards once the plan is carried out
 * @param added those that the map did not have before
 * @param removed those that leave the map at the end
 * @param divisions the slots that are divided before anything moves
 * @param flows what moves from where to where
 * @param merges the slots that become part of others once everything has moved
 */
public record ReshardJournal(
        long plan,
        String owner,
        long token,
        Set<Request> requests,
        Stage stage,
        Optional<Instant> soakEnd,
        String failure,
        List<Shard> shards,
        List<String> added,
        List<String> removed,
        List<Division> divisions,
        List<Flow> flows,
        List<Merge> merges) {

    /** What people can ask of a plan under way. */
    public enum Request {
        /** Stop between chunks until this is withdrawn. */
        PAUSE,
        /** Switch flows that are ready, where the plan waits for a person to say so. */
        CUT_OVER,
        /** Undo what has not switched. */
        ABORT,
        /** Bring back what has switched and still soaks, and undo the rest. */
        ROLL_BACK,
        /** End the soaking now. */
        SETTLE
    }

    /** How far a whole plan is. */
    public enum Stage {
        /** Nothing is certain to have been done. */
        BEGUN,
        /** Shards are in the map and slots are divided; flows move, and then slots are merged. */
        MOVING,
        /** Every slot is where the plan wants it. */
        DONE,
        /** Given up: slots that had not switched, or were brought back, are where they were. */
        ABORTED
    }

    /**
     * Slots that go from one shard to another and switch together.
     *
     * @param from the shard that owned them
     * @param to the shard that is to own them
     * @param slots which ones, rising
     * @param phase how far they are
     * @param backwards whether they are on their way back
     * @param expected how many rows there were to copy when the plan began, as far as the store can tell
     * @param rows how many rows have been copied
     * @param bytes how many bytes these had
     */
    public record Flow(
            String from,
            String to,
            List<Integer> slots,
            Reshard.Phase phase,
            boolean backwards,
            long expected,
            long rows,
            long bytes) {

        /** Copies {@code slots}. */
        public Flow {
            slots = List.copyOf(slots);
        }

        Flow at(Reshard.Phase next, long rowsCopied, long bytesCopied) {
            return new Flow(from, to, slots, next, backwards, expected, rowsCopied, bytesCopied);
        }

        Flow expecting(long known) {
            return new Flow(from, to, slots, phase, backwards, known, rows, bytes);
        }

        Flow turned() {
            return new Flow(from, to, slots, Reshard.Phase.CATCHING_UP, true, expected, rows, bytes);
        }

        /** The shard that has the slots until the next switch. */
        String giver() {
            return backwards ? to : from;
        }

        String taker() {
            return backwards ? from : to;
        }

        int[] slotArray() {
            return slots.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    /** Copies the collections. */
    public ReshardJournal {
        requests = Set.copyOf(requests);
        shards = List.copyOf(shards);
        added = List.copyOf(added);
        removed = List.copyOf(removed);
        divisions = List.copyOf(divisions);
        flows = List.copyOf(flows);
        merges = List.copyOf(merges);
    }

    /**
     * Returns the codec that stores journals: lines of UTF-8 text that a person can read, with a checksum. What one version of
     * this library wrote, every later one reads.
     *
     * @return a stateless codec
     */
    public static Codec<ReshardJournal> codec() {
        return ReshardJournalCodec.CODEC;
    }

    /**
     * Says whether the plan is over.
     *
     * @return true once it is done or aborted
     */
    public boolean isOver() {
        return stage == Stage.DONE || stage == Stage.ABORTED;
    }

    boolean asks(Request request) {
        return requests.contains(request);
    }

    /** Nothing more is to switch. */
    boolean undoing() {
        return asks(Request.ABORT) || asks(Request.ROLL_BACK);
    }

    ReshardJournal ownedBy(String coordinator, long drawn) {
        return new ReshardJournal(
                plan,
                coordinator,
                drawn,
                requests,
                stage,
                soakEnd,
                failure,
                shards,
                added,
                removed,
                divisions,
                flows,
                merges);
    }

    ReshardJournal asking(Request request, boolean wanted) {
        if (asks(request) == wanted) {
            return this;
        }
        Set<Request> next = EnumSet.noneOf(Request.class);
        next.addAll(requests);
        if (wanted) {
            next.add(request);
        } else {
            next.remove(request);
        }
        return new ReshardJournal(
                plan, owner, token, next, stage, soakEnd, failure, shards, added, removed, divisions, flows, merges);
    }

    ReshardJournal failing(String why) {
        ReshardJournal aborting = asking(Request.ABORT, true);
        return new ReshardJournal(
                plan,
                owner,
                token,
                aborting.requests,
                stage,
                soakEnd,
                why,
                shards,
                added,
                removed,
                divisions,
                flows,
                merges);
    }

    ReshardJournal at(Stage next) {
        return new ReshardJournal(
                plan, owner, token, requests, next, soakEnd, failure, shards, added, removed, divisions, flows, merges);
    }

    ReshardJournal soakingUntil(Instant end) {
        return new ReshardJournal(
                plan,
                owner,
                token,
                requests,
                stage,
                Optional.of(end),
                failure,
                shards,
                added,
                removed,
                divisions,
                flows,
                merges);
    }

    ReshardJournal withFlow(int index, UnaryOperator<Flow> change) {
        List<Flow> next = new ArrayList<>(flows);
        next.set(index, change.apply(next.get(index)));
        return new ReshardJournal(
                plan, owner, token, requests, stage, soakEnd, failure, shards, added, removed, divisions, next, merges);
    }
}
