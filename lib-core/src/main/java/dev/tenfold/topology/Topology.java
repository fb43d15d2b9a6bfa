package dev.tenfold.topology;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The members of a pool at one version. Immutable; a change makes the {@link #next} one.
 *
 * @param <T> what a call is made on
 */
public final class Topology<T> implements Snapshot {

    private final long version;
    private final List<Endpoint<T>> endpoints;
    private final Map<String, Endpoint<T>> byId;

    private Topology(long version, Collection<? extends Endpoint<T>> members) {
        this.version = version;
        this.endpoints = List.copyOf(members);
        this.byId = new LinkedHashMap<>(endpoints.size() * 2);
        for (Endpoint<T> endpoint : endpoints) {
            if (byId.put(endpoint.id(), endpoint) != null) {
                throw new IllegalArgumentException("endpoint id: '" + endpoint.id()
                        + "' twice (expected: unique ids; name them with Endpoint.of(id, target))");
            }
        }
    }

    /**
     * Makes the first version.
     *
     * @param <T> what a call is made on
     * @param members the members, in an order that is kept; may be empty
     * @return version 1
     * @throws IllegalArgumentException if two members share an id
     */
    public static <T> Topology<T> of(Collection<? extends Endpoint<T>> members) {
        return new Topology<>(1, members);
    }

    /**
     * Makes the version after this one.
     *
     * @param members the new members
     * @return a snapshot with the next version number
     * @throws IllegalArgumentException if two members share an id
     */
    public Topology<T> next(Collection<? extends Endpoint<T>> members) {
        return new Topology<>(version + 1, members);
    }

    @Override
    public long version() {
        return version;
    }

    /**
     * Returns the members in their order.
     *
     * @return an immutable list
     */
    public List<Endpoint<T>> endpoints() {
        return endpoints;
    }

    /**
     * Finds a member.
     *
     * @param id its identity
     * @return the member, or empty
     */
    public Optional<Endpoint<T>> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    @Override
    public String toString() {
        return "Topology[version=" + version + ", endpoints=" + byId.keySet() + "]";
    }
}
