package dev.tenfold.journey.app;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Logins in Redis, where they expire by themselves. */
final class RedisLogins implements Logins {

    private static final Duration LIFETIME = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** A server that starts on a busy machine takes its time to connect. */
    private static final Duration BEGINNING = Duration.ofSeconds(10);

    private final ClientResources resources = DefaultClientResources.builder()
            .ioThreadPoolSize(2)
            .computationThreadPoolSize(2)
            .build();
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    RedisLogins(String uri) {
        RedisURI address = RedisURI.create(uri);
        address.setTimeout(BEGINNING);
        client = RedisClient.create(resources, address);
        client.setOptions(ClientOptions.builder().autoReconnect(true).build());
        connection = client.connect();
        connection.setTimeout(PATIENCE);
    }

    @Override
    public void remember(String token, long person) {
        connection.sync().set("login:" + token, Long.toString(person), SetArgs.Builder.ex(LIFETIME));
    }

    @Override
    public OptionalLong whoIs(String token) {
        @Nullable String person = connection.sync().get("login:" + token);
        return person == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(person));
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown(Duration.ZERO, PATIENCE);
        resources.shutdown(0, PATIENCE.toMillis(), TimeUnit.MILLISECONDS).awaitUninterruptibly(PATIENCE.toMillis());
    }
}
