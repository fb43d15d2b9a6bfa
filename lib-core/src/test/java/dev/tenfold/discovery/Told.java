package dev.tenfold.discovery;

import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.List;

/** A listener that remembers. */
final class Told<T> implements Discovery.Listener<T> {

    List<Endpoint<T>> found = List.of();
    final List<Throwable> failures = new ArrayList<>();
    int times;

    @Override
    public void found(List<Endpoint<T>> endpoints) {
        found = endpoints;
        times++;
    }

    @Override
    public void failed(Throwable failure) {
        failures.add(failure);
    }

    List<String> ids() {
        return found.stream().map(Endpoint::id).toList();
    }
}
