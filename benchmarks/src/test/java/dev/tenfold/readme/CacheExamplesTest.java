package dev.tenfold.readme;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tenfold.Codec;
import dev.tenfold.cache.Cache;
import dev.tenfold.cache.Eviction;
import dev.tenfold.cache.edge.EdgeNetwork;
import dev.tenfold.cache.edge.Served;
import dev.tenfold.cache.edge.http.HttpCache;
import dev.tenfold.cache.edge.http.HttpCacheHandler;
import dev.tenfold.cache.edge.http.HttpClientOrigin;
import dev.tenfold.cache.edge.http.RateLimit;
import dev.tenfold.cache.jcache.TenfoldConfiguration;
import dev.tenfold.cache.tier.RedisTier;
import dev.tenfold.journey.env.Redis;
import dev.tenfold.topology.Coordinates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the README's sections on the cache and the edge network, run. */
class CacheExamplesTest {

    private record User(long id, String name) {

        String tenant() {
            return "7";
        }

        User renamed(String to) {
            return new User(id, to);
        }
    }

    private static final Codec<Long> KEYS = Codec.of(
            key -> key.toString().getBytes(StandardCharsets.UTF_8),
            bytes -> Long.valueOf(new String(bytes, StandardCharsets.UTF_8)));

    private static final Codec<User> JSON =
            Codec.of(user -> (user.id() + ":" + user.name()).getBytes(StandardCharsets.UTF_8), bytes -> {
                String[] parts = new String(bytes, StandardCharsets.UTF_8).split(":", 2);
                return new User(Long.parseLong(parts[0]), parts[1]);
            });

    private final Map<Long, User> repository = new ConcurrentHashMap<>(Map.of(42L, new User(42, "Ada")));

    @Test
    void cache() {
        // example: cache
        Cache<Long, User> cache = Cache.<Long, User>builder("users")
                .maximumSize(100_000)
                .expireAfterWrite(ofMinutes(10))
                .jitter(0.1) // what was written together does not expire together
                .build(id -> repository.get(id)); // one load per key, however many ask
        User user = cache.get(42L);
        cache.invalidate(42L); // a load that began before leaves nothing behind
        // end
        assertThat(user).isEqualTo(new User(42, "Ada"));
        assertThat(cache.getIfPresent(42L)).isNull();
    }

    @Test
    void options() {
        ExecutorService threads = Executors.newCachedThreadPool();
        // example: cacheOptions
        Cache<Long, User> users = Cache.<Long, User>builder("users")
                .maximumSize(100_000)
                .eviction(Eviction.LRU) // exactly; window-TinyLFU (Caffeine) unless set
                .expireAfterWrite(ofMinutes(10))
                .staleWhileRevalidate(ofMinutes(1)) // answers at once, loads behind
                .staleIfError(ofHours(1)) // when the loader fails
                .negativeTtl(ofSeconds(5)) // remembers that there is no such user
                .tags(user -> List.of("tenant:" + user.tenant()))
                .executor(threads)
                .build(id -> repository.get(id));
        users.get(42L);
        users.invalidateTag("tenant:7");
        // end
        assertThat(users.getIfPresent(42L)).isNull();
        threads.shutdown();
    }

    @Test
    void tier(@TempDir Path folder) throws IOException {
        try (Redis server = Redis.start(folder)) {
            String uri = server.uri();
            // example: tier
            RedisTier<Long, User> redis =
                    RedisTier.<Long, User>builder("users", KEYS, JSON).connect(uri);
            Cache<Long, User> users = Cache.<Long, User>builder("users")
                    .expireAfterWrite(ofMinutes(10))
                    .remote(redis) // asked before the loader, filled under a lease
                    .bus(redis.bus()) // another node's change drops this node's copy
                    .build(id -> repository.get(id));
            // end
            assertThat(users.get(42L)).isEqualTo(new User(42, "Ada"));
            assertThat(redis.isConnected()).isTrue();
            users.close();
            redis.close();
        }
    }

    @Test
    void jcache() {
        User user = new User(42, "Ada");
        // example: jcache
        CacheManager manager = Caching.getCachingProvider().getCacheManager();
        javax.cache.Cache<Long, User> users = manager.createCache(
                "users",
                new TenfoldConfiguration<Long, User>()
                        .maximumSize(100_000)
                        .eviction(Eviction.LRU)
                        .jitter(0.1)
                        .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.MINUTES, 10)))
                        .setStoreByValue(
                                false)); // JCache copies keys and values by serialization unless told otherwise
        users.put(42L, user);
        users.invoke(42L, (entry, arguments) -> { // alone with its key; other keys never wait for it
            entry.setValue(entry.getValue().renamed("Grace"));
            return null;
        });
        // end
        assertThat(users.get(42L).name()).isEqualTo("Grace");
        manager.close();
    }

    @Test
    void edge() {
        // example: edge
        EdgeNetwork<String, String> cdn = EdgeNetwork.<String, String>builder("cdn")
                .edge("Frankfurt", Coordinates.of(50.1, 8.7))
                .edge("Amsterdam", Coordinates.of(52.4, 4.9))
                .expireAfterWrite(ofMinutes(5))
                .build(path -> "content of " + path); // the origin
        Served<String> page = cdn.get(Coordinates.of(48.1, 11.6), "/home"); // a client in Munich
        cdn.purge("/home");
        // end
        assertThat(page.edge()).isEqualTo("Frankfurt");
        assertThat(page.value()).isEqualTo("content of /home");
    }

    @Test
    void http() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        HttpServer origin = server();
        origin.createContext("/", exchange -> {
            exchange.getResponseHeaders().add("Cache-Control", "max-age=60");
            exchange.getResponseHeaders().add("Surrogate-Key", "news");
            exchange.sendResponseHeaders(200, 4);
            exchange.getResponseBody().write("page".getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        origin.start();
        URI app = URI.create("http://127.0.0.1:" + origin.getAddress().getPort());
        HttpServer server = server();
        // example: edgeHttp
        HttpCache cdn = HttpCache.builder("cdn")
                .edge("fra", Coordinates.of(50.1, 8.7))
                .edge("ams", Coordinates.of(52.4, 4.9))
                .requestRate(RateLimit.of(100, 200)) // for each client
                .executor(threads) // renews stale responses
                .build(HttpClientOrigin.at(app, HttpClient.newHttpClient()));
        server.createContext("/", HttpCacheHandler.at(cdn, "fra")); // the JDK's own server
        cdn.purgeTag("news"); // responses with Surrogate-Key: news
        // end
        server.setExecutor(threads);
        server.start();
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/a"))
                .build();
        HttpClient client = HttpClient.newHttpClient();
        for (int i = 0; i < 2; i++) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.body()).isEqualTo("page");
            assertThat(response.headers().firstValue("Cache-Status").orElse("")).contains(i == 0 ? "fwd=" : "hit");
        }
        server.stop(0);
        origin.stop(0);
        threads.shutdown();
    }

    private static HttpServer server() throws IOException {
        return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    }
}
