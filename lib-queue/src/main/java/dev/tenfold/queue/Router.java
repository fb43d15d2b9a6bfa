package dev.tenfold.queue;

import java.util.List;
import java.util.function.BiConsumer;

/**
 * Where a routing key leads. Routes are read without a lock while bindings change; a route sees every change that ended
 * before it began.
 *
 * @param <T> a target; compared by {@code equals}
 */
interface Router<T> {

    /** Returns each target once, in no particular order; the list never changes. */
    List<T> route(String routingKey);

    /** Adds a binding; does nothing if there is one of this target and key. */
    void bind(T target, String bindingKey);

    /** Removes a binding; false if there is none. */
    boolean unbind(T target, String bindingKey);

    /** Lists every binding, key first. */
    void forEachBinding(BiConsumer<String, T> action);
}
