package dev.tenfold.cache.tier;

import dev.tenfold.error.OverloadedException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Event;
import dev.tenfold.time.Scheduler;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.push.PushListener;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one connection of a tier: commands, the messages of other nodes and the server's own invalidations share it, so that an
 * answer proves that everything sent before it has arrived.
 *
 * <p><b>States.</b> Live, or not. It becomes live once it has subscribed, tracks, and what was owed to the server is paid; it
 * ceases to be with the first sign that something is wrong: the connection closed, or no answer to a heartbeat in time. From
 * then on commands fail at once, which is the circuit breaker: nothing waits for a tier that is not there, and one attempt
 * after another, with backoff and jitter, finds out when it is back. Lettuce's own reconnecting is off, since it would carry
 * on without tracking (Lettuce's issues 1380, 1838, 3288).
 *
 * <p><b>Who hears what.</b> Every call of {@link Hearer} is made under {@code hearing}, one at a time: {@code interrupted}
 * before anyone learns that the link is down, {@code resumed} after it is live again, and messages of a connection only as
 * long as it is the live one. {@code live} is written under {@code hearing} and read by everyone.
 */
final class RedisLink implements AutoCloseable {

    /** Hears what comes over the link. */
    interface Hearer {

        /** Keys that others changed; null stands for all. */
        void invalidated(@Nullable List<byte[]> keys);

        /** Another node's message, or one of our own. */
        void message(byte[] payload);

        void interrupted();

        void resumed();

        /** Pays what is owed before the link is live; a failed stage keeps it from becoming so. */
        CompletionStage<?> settle(Live live);

        /** Called with every heartbeat while the link is live. */
        void heartbeat(Live live);
    }

    /** A connection in use. The number grows with each; the digests are those of the scripts it has loaded. */
    record Live(StatefulRedisPubSubConnection<byte[], byte[]> connection, long number, Map<String, String> digests) {

        String digest(String script) {
            return Objects.requireNonNull(digests.get(script), "digest of a script that was loaded");
        }

        RedisPubSubAsyncCommands<byte[], byte[]> commands() {
            return connection.async();
        }
    }

    private final RedisClient client;
    private final RedisURI uri;
    private final RedisTierBuilder<?, ?> settings;
    private final TierKeys keys;
    private final Hearer hearer;
    private final Scheduler scheduler;

    private final ReentrantLock hearing = new ReentrantLock();
    private volatile @Nullable Live live;
    private volatile boolean closed;
    private final AtomicInteger inFlight = new AtomicInteger();
    /** How many connections were made, and how many attempts failed since the last of them. */
    private final AtomicInteger connections = new AtomicInteger();

    private final AtomicInteger failures = new AtomicInteger();
    final LongAdder interruptions = new LongAdder();
    final LongAdder refused = new LongAdder();

    RedisLink(RedisURI uri, RedisTierBuilder<?, ?> settings, TierKeys keys, Hearer hearer) {
        this.uri = uri;
        this.settings = settings;
        this.keys = keys;
        this.hearer = hearer;
        this.scheduler = settings.effectiveScheduler();
        this.client = RedisClient.create();
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .protocolVersion(ProtocolVersion.RESP3)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.enabled(settings.timeout))
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(settings.connectTimeout)
                        .build())
                .build());
        uri.setTimeout(settings.timeout);
    }

    /** Begins. The stage completes with the first attempt, whatever came of it. */
    CompletionStage<Boolean> begin() {
        scheduler.schedule(settings.heartbeat, this::heartbeat);
        return connect();
    }

    boolean isLive() {
        return live != null;
    }

    @Nullable
    Live live() {
        return live;
    }

    int inFlight() {
        return inFlight.get();
    }

    /** Sends a command, or fails at once where there is nothing to send it to or too much is under way. */
    <T> CompletionStage<T> send(Function<Live, CompletionStage<T>> command) {
        Live to = live;
        if (to == null) {
            refused.increment();
            return CompletableFuture.failedStage(new UnavailableException(
                    "Redis tier '" + keys.cache() + "': not connected", List.of(uri.toString()), null));
        }
        if (inFlight.incrementAndGet() > settings.maximumInFlight) {
            inFlight.decrementAndGet();
            refused.increment();
            return CompletableFuture.failedStage(new OverloadedException("Redis tier '" + keys.cache() + "': more than "
                    + settings.maximumInFlight + " commands under way"));
        }
        CompletionStage<T> answer;
        try {
            answer = command.apply(to);
        } catch (RuntimeException failure) {
            answer = CompletableFuture.failedStage(failure);
        }
        return answer.whenComplete((result, failure) -> {
            inFlight.decrementAndGet();
            if (failure != null && root(failure) instanceof RedisNoScriptException) {
                down(to, "the server has forgotten the scripts");
            }
        });
    }

    private CompletionStage<Boolean> connect() {
        return client.connectPubSubAsync(ByteArrayCodec.INSTANCE, uri)
                .thenCompose(connection ->
                        prepare(new Live(connection, connections.incrementAndGet(), new ConcurrentHashMap<>())))
                .handle((ready, failure) -> {
                    if (failure != null) {
                        retry(failure);
                    }
                    return failure == null;
                });
    }

    private CompletionStage<Live> prepare(Live next) {
        Connected listening = new Connected(next);
        next.connection().addListener((RedisConnectionStateListener) listening);
        next.connection().addListener((RedisPubSubListener<byte[], byte[]>) listening);
        next.connection().addListener((PushListener) listening::pushed);
        RedisPubSubAsyncCommands<byte[], byte[]> commands = next.commands();
        TrackingArgs tracking =
                TrackingArgs.Builder.enabled().bcast().noloop().prefixes(StandardCharsets.UTF_8, keys.noticePrefix());
        return commands.subscribe(keys.channel())
                .thenCompose(subscribed -> commands.clientTracking(tracking))
                .thenCompose(tracks -> load(next))
                .thenCompose(loaded -> hearer.settle(next))
                .thenApply(settled -> {
                    liven(next);
                    return next;
                })
                .whenComplete((ready, failure) -> {
                    if (failure != null) {
                        var unused = next.connection().closeAsync();
                    }
                });
    }

    private static CompletionStage<?> load(Live next) {
        CompletableFuture<?>[] loads = TierScripts.ALL.stream()
                .map(script -> next.commands()
                        .scriptLoad(script)
                        .thenAccept(digest -> next.digests().put(script, digest))
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(loads);
    }

    private void liven(Live next) {
        hearing.lock();
        try {
            if (closed || !next.connection().isOpen()) {
                throw new UnavailableException("the connection closed as it was made", List.of(), null);
            }
            live = next;
            failures.set(0);
            hearer.resumed();
        } finally {
            hearing.unlock();
        }
        tell("tier.connected", Level.INFO, "connected to " + uri);
    }

    private void retry(Throwable failure) {
        int made = failures.incrementAndGet();
        if (closed) {
            return;
        }
        if (made == 1) {
            tell("tier.unreachable", Level.WARNING, uri + " cannot be reached: " + root(failure));
        }
        connectLater();
    }

    private void connectLater() {
        try {
            scheduler.schedule(settings.reconnect.delayAfter(Math.max(1, failures.get()), settings.random), () -> {
                if (!closed) {
                    var unused = connect();
                }
            });
        } catch (RejectedExecutionException stopped) {
            tell("tier.unscheduled", Level.ERROR, "the scheduler was closed before the tier; it stays disconnected");
        }
    }

    @SuppressWarnings("ReferenceEquality") // it is about this very connection
    private void down(Live gone, String why) {
        hearing.lock();
        try {
            if (live != gone) {
                return;
            }
            live = null;
            interruptions.increment();
            hearer.interrupted();
        } finally {
            hearing.unlock();
        }
        // As the tier closes, the client closes its connections.
        if (!closed) {
            var unused = gone.connection().closeAsync();
            tell("tier.disconnected", Level.WARNING, "no longer connected to " + uri + ": " + why);
            connectLater();
        }
    }

    private void heartbeat() {
        if (closed) {
            return;
        }
        Live to = live;
        if (to != null) {
            var unused = to.commands()
                    .ping() // which the client times out
                    .whenComplete((pong, failure) -> {
                        if (failure != null) {
                            down(to, "no answer to a heartbeat within " + settings.timeout);
                        } else {
                            hearer.heartbeat(to);
                        }
                    });
        }
        try {
            scheduler.schedule(settings.heartbeat, this::heartbeat);
        } catch (RejectedExecutionException stopped) {
            if (to != null) {
                down(to, "the scheduler was closed before the tier");
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // it is about this very connection
    private void hear(Live from, Runnable what) {
        hearing.lock();
        try {
            // One that is being made ready may say something already: what it settles and hears is before it is live.
            if (live == from) {
                what.run();
            }
        } finally {
            hearing.unlock();
        }
    }

    void tell(String kind, Level level, String message) {
        settings.observer.on(new Event(
                settings.time.now(),
                "cache/" + keys.cache(),
                kind,
                level,
                "Redis tier '" + keys.cache() + "': " + message,
                Map.of("server", uri.toString())));
    }

    private static Throwable root(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Ends the connection; commands under way fail. */
    @Override
    public void close() {
        closed = true;
        Live last = live;
        if (last != null) {
            down(last, "closed");
        }
        client.shutdown(0, settings.timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What one connection hears. */
    private final class Connected extends RedisPubSubAdapter<byte[], byte[]> implements RedisConnectionStateListener {

        private final Live self;

        Connected(Live self) {
            this.self = self;
        }

        @Override
        public void message(byte[] channel, byte[] message) {
            hear(self, () -> hearer.message(message));
        }

        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            down(self, "the connection was closed");
        }

        void pushed(PushMessage message) {
            if (message.getType().equals("invalidate")) {
                List<byte[]> changed = keysOf(message.getContent(Connected::bytes));
                hear(self, () -> hearer.invalidated(changed));
            }
        }

        private static Object bytes(ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return bytes;
        }

        private static @Nullable List<byte[]> keysOf(List<Object> content) {
            if (content.size() < 2 || !(content.get(1) instanceof List<?> all)) {
                return null;
            }
            List<byte[]> found = new ArrayList<>();
            for (Object each : all) {
                if (!(each instanceof byte[] key)) {
                    return null;
                }
                found.add(key);
            }
            return found;
        }
    }
}
