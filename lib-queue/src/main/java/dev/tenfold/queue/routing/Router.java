package dev.tenfold.queue.routing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a message leads. Routes are read without a lock while bindings change; a route sees every change that ended
 * before it began. A binding is a target, a key and arguments.
 *
 * @param <T> a target; compared by {@code equals}
 */
public interface Router<T> {

    /**
     * Finds the targets of a message.
     *
     * @param routingKey its key
     * @param headers its headers
     * @return each target once, in no particular order; the list never changes
     */
    List<T> route(String routingKey, Map<String, Object> headers);

    /**
     * Adds a binding.
     *
     * @param target where it leads
     * @param key the binding key
     * @param arguments what it asks of headers, or only what tells it apart
     * @return false if there is one of this target, key and arguments already
     * @throws IllegalArgumentException if this router cannot have such a binding
     */
    boolean bind(T target, String key, Map<String, @Nullable Object> arguments);

    /**
     * Removes a binding.
     *
     * @param target where it leads
     * @param key the binding key
     * @param arguments those it was bound with
     * @return false if there is none
     */
    boolean unbind(T target, String key, Map<String, @Nullable Object> arguments);

    /**
     * Lists every binding.
     *
     * @param visitor is given each
     */
    void forEachBinding(Visitor<? super T> visitor);

    /**
     * Removes every binding of a target. Looks at every binding there is.
     *
     * @param target where they lead
     * @return whether there were any
     */
    default boolean unbindAll(T target) {
        List<Runnable> removals = new ArrayList<>();
        forEachBinding((String key, Map<String, @Nullable Object> arguments, T bound) -> {
            if (bound.equals(target)) {
                removals.add(() -> unbind(target, key, arguments));
            }
        });
        removals.forEach(Runnable::run);
        return !removals.isEmpty();
    }

    /**
     * Says whether there is no binding.
     *
     * @return true if messages lead nowhere
     */
    default boolean isEmpty() {
        boolean[] found = new boolean[1];
        forEachBinding((key, arguments, target) -> found[0] = true);
        return !found[0];
    }

    /**
     * Is given bindings.
     *
     * @param <T> a target
     */
    @FunctionalInterface
    interface Visitor<T> {

        /**
         * Takes one.
         *
         * @param key the binding key
         * @param arguments its arguments, unmodifiable
         * @param target where it leads
         */
        void visit(String key, Map<String, @Nullable Object> arguments, T target);
    }
}
