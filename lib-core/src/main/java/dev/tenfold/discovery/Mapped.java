package dev.tenfold.discovery;

import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Makes targets for who is new or changed and hands on; told by one thread at a time, as every listener is. */
final class Mapped<T, U> implements Discovery.Listener<T> {

    private final Discovery.Listener<U> listener;
    private final Function<? super Endpoint<T>, ? extends U> target;
    private volatile Map<Endpoint<T>, Endpoint<U>> made = Map.of();

    Mapped(Discovery.Listener<U> listener, Function<? super Endpoint<T>, ? extends U> target) {
        this.listener = listener;
        this.target = target;
    }

    @Override
    public void found(List<Endpoint<T>> endpoints) {
        Map<Endpoint<T>, Endpoint<U>> before = made;
        Map<Endpoint<T>, Endpoint<U>> after = new HashMap<>(endpoints.size() * 2);
        List<Endpoint<U>> mapped = new ArrayList<>(endpoints.size());
        try {
            for (Endpoint<T> from : endpoints) {
                Endpoint<U> to = before.get(from);
                if (to == null) {
                    to = new Endpoint<>(from.id(), target.apply(from), from.weight(), from.locality(), from.tags());
                }
                after.put(from, to);
                mapped.add(to);
            }
        } catch (RuntimeException failure) {
            listener.failed(failure);
            return;
        }
        made = after;
        listener.found(mapped);
    }

    @Override
    public void failed(Throwable failure) {
        listener.failed(failure);
    }
}
