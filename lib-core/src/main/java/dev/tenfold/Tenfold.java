package dev.tenfold;

/**
 * The entry to the two paths through a scaled system. Neither needs all its stages: start with the one you have and add
 * the next when you need it, without changing the code that calls the path.
 *
 * <pre>{@code
 * DataPath<Long, User> users = Tenfold.<Long, User>dataPath("users")
 *         .shardedBy(shards)                              // Long -> Replicas<DataSource>
 *         .reading((db, id) -> UserSql.find(db, id))
 *         .writing((db, id, user) -> UserSql.upsert(db, id, user))
 *         .cachedIn(cache)
 *         .announcedTo(events, "user.changed")
 *         .build();
 *
 * RequestPath<Request, Page> site = Tenfold.<Request, Page>requestPath("site")
 *         .throughEdge(edges)                             // nearest edge, neighbour, origin
 *         .toDataCentres(dataCentres)                     // Coordinates -> LoadBalancer<URI>
 *         .calling((server, request) -> http.send(server, request))
 *         .build();
 * }</pre>
 */
public final class Tenfold {

    private Tenfold() {}

    /**
     * Starts a data path: cache, shard, primary or replica, announcement.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param name what the path holds, for events, errors and {@link DataPath.Change#path()}
     * @return the choice of where the data lives
     */
    public static <K, V> DataPath.Builder.Home<K, V> dataPath(String name) {
        return new DataPath.Builder.Home<>(name);
    }

    /**
     * Starts a request path: edge, data centre, server.
     *
     * @param <Q> the kind of request
     * @param <R> the kind of response
     * @param name what the path serves, for errors and measurements
     * @return the choice of where requests go
     */
    public static <Q, R> RequestPath.Builder.Target<Q, R> requestPath(String name) {
        return new RequestPath.Builder.Target<>(name);
    }
}
