package dev.tenfold.journey.live;

import com.google.gson.Gson;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * The parts of a running stage: where each stands in the picture, how it is, and what may be done to it. One thread, the
 * stage's, adds parts and publishes their state; any thread reads what was published last, and asks for something to be done.
 */
public final class Board {

    private final Map<String, Part> parts = Collections.synchronizedMap(new LinkedHashMap<>());
    private final Gson gson = new Gson();
    private volatile BiConsumer<String, Action> hands = (announcement, action) -> {};
    private volatile String published = "{}";

    /** Makes an empty board. */
    public Board() {}

    /** Where a part stands, on the way from the users to the data and beyond. */
    public enum Layer {
        /** An edge of the content delivery network. */
        EDGE,
        /** A data centre. */
        REGION,
        /** An application server. */
        SERVER,
        /** A shared tier, such as Redis. */
        TIER,
        /** A shard of the data. */
        SHARD,
        /** A database server. */
        DATABASE,
        /** An exchange. */
        EXCHANGE,
        /** A queue. */
        QUEUE
    }

    /** How a part is. */
    public enum Health {
        /** It works. */
        WELL,
        /** It works less than it should. */
        WEAK,
        /** It does not work. */
        DOWN
    }

    /**
     * How a part is now.
     *
     * @param health in one word
     * @param detail in some
     * @param rate what it does in a second; negative where that is not measured
     * @param idle names of its actions that would change nothing now
     */
    public record State(Health health, String detail, double rate, Set<String> idle) {

        /** Copies the names. */
        public State {
            idle = Set.copyOf(idle);
        }

        /**
         * Makes a state in which all may be done.
         *
         * @param health in one word
         * @param detail in some
         * @param rate what it does in a second; negative where that is not measured
         */
        public State(Health health, String detail, double rate) {
            this(health, detail, rate, Set.of());
        }

        /**
         * Makes the same state, in which some actions would change nothing.
         *
         * @param names of those actions
         * @return a copy
         */
        public State idle(Set<String> names) {
            return new State(health, detail, rate, names);
        }
    }

    /** Something that may be done to a part. */
    @FunctionalInterface
    public interface Action {

        /**
         * Does it.
         *
         * @throws Exception if it cannot be done
         */
        void run() throws Exception;
    }

    /**
     * A part.
     *
     * @param id no other part has it
     * @param name what it is called
     * @param layer where it stands
     * @param group the parts of one group stand together; may be empty
     * @param links ids of the parts it talks to
     * @param state reads how it is; called on the stage's thread, must not wait
     * @param actions what may be done to it, by name, in order
     */
    public record Part(
            String id,
            String name,
            Layer layer,
            String group,
            List<String> links,
            Supplier<State> state,
            Map<String, Action> actions) {

        /** Copies the links and the actions. */
        public Part {
            links = List.copyOf(links);
            actions = Collections.unmodifiableMap(new LinkedHashMap<>(actions));
        }
    }

    /**
     * How the load is.
     *
     * @param stage the stage's number and name
     * @param story what it is about
     * @param seconds since the load began
     * @param requests how many there were
     * @param failed how many were not served
     * @param rate good answers in a second
     * @param p50 milliseconds
     * @param p99 milliseconds
     * @param history the p99 of the last slices, oldest first
     * @param news what happened last, newest first
     */
    public record Load(
            String stage,
            String story,
            double seconds,
            long requests,
            long failed,
            double rate,
            double p50,
            double p99,
            List<Double> history,
            List<News> news) {}

    /**
     * Something that happened.
     *
     * @param at seconds since the load began
     * @param kind FAULT, ACT or REACTION
     * @param text a sentence
     */
    public record News(double at, String kind, String text) {}

    private record View(
            String id,
            String name,
            Layer layer,
            String group,
            List<String> links,
            Health health,
            String detail,
            double rate,
            List<String> actions,
            Set<String> idle) {}

    private record Picture(Load load, List<View> parts) {}

    /**
     * Says who does what is asked for.
     *
     * @param worker takes an announcement and the action, and returns at once
     */
    public void workedBy(BiConsumer<String, Action> worker) {
        hands = worker;
    }

    /**
     * Adds a part, in the place of one with the same id.
     *
     * @param part what
     */
    public void add(Part part) {
        parts.put(part.id(), part);
    }

    /** Removes all parts: another stage begins. */
    public void clear() {
        parts.clear();
        hands = (announcement, action) -> {};
    }

    /**
     * Asks every part how it is, and publishes it.
     *
     * @param load how the load is
     */
    public void publish(Load load) {
        List<View> views = new ArrayList<>();
        for (Part part : List.copyOf(parts.values())) {
            State state = part.state().get();
            views.add(new View(
                    part.id(),
                    part.name(),
                    part.layer(),
                    part.group(),
                    part.links(),
                    state.health(),
                    state.detail(),
                    state.rate(),
                    List.copyOf(part.actions().keySet()),
                    state.idle()));
        }
        published = gson.toJson(new Picture(load, views));
    }

    /**
     * Returns what was published last.
     *
     * @return JSON: the load and the parts; an empty object before the first
     */
    public String published() {
        return published;
    }

    /**
     * Asks for something to be done, and returns at once.
     *
     * @param part a part's id
     * @param action the name of one of its actions
     * @return false if there is no such part or it has no such action
     */
    public boolean perform(String part, String action) {
        Part target = parts.get(part);
        Action wanted = target == null ? null : target.actions().get(action);
        if (target == null || wanted == null) {
            return false;
        }
        hands.accept(target.name() + ": " + action, wanted);
        return true;
    }
}
