package dev.tenfold.cache.tier;

import dev.tenfold.Codec;
import dev.tenfold.cache.InvalidationBus.Message;
import dev.tenfold.cache.RemoteTier;
import dev.tenfold.cache.RemoteTier.Entry;
import dev.tenfold.cache.RemoteTier.Reading;
import dev.tenfold.cache.tier.RedisLink.Live;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.time.Scheduler;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The entries of a cache on Redis: its scripts, and what is owed to them. */
final class RedisEntries<K, V> {

    private static final byte[] ONE = {'1'};
    private static final byte[] ZERO = {'0'};

    /** The first wait for another node's load; each is twice the last. */
    private static final Duration FIRST_LOOK = Duration.ofMillis(5);

    /** As long as a lost command may possibly linger on its way. */
    private static final Duration FENCE_STAYS = Duration.ofHours(1);

    private final Codec<K> keys;
    private final Codec<V> values;
    private final TierKeys names;
    private final Duration longestStay;
    private final Duration leaseTime;
    private final Duration waitForOthers;
    private final Scheduler scheduler;
    private final Owed<K> owed;
    private final String origin;
    private final byte[] fence;
    private volatile @Nullable RedisLink link;
    final LongAdder unreadable = new LongAdder();

    RedisEntries(RedisTierBuilder<K, V> b, TierKeys names) {
        keys = b.keys;
        values = b.values;
        this.names = names;
        longestStay = b.longestStay;
        leaseTime = b.leaseTime;
        waitForOthers = b.waitForOthers;
        scheduler = b.effectiveScheduler();
        origin = HexFormat.of().toHexDigits(b.random.nextLong());
        owed = new Owed<>(b.cache, origin, b.maximumOwed);
        fence = names.fence(origin);
    }

    void over(RedisLink made) {
        link = made;
    }

    private RedisLink link() {
        return Objects.requireNonNull(link, "link");
    }

    int owed() {
        return owed.size();
    }

    CompletionStage<Reading<V>> get(K key) {
        if (owed.concerns(key)) {
            return CompletableFuture.completedStage(new Reading<>(null, RemoteTier.NO_LEASE));
        }
        byte[] name = keys.encode(key);
        return look(key, name, Duration.ZERO, FIRST_LOOK);
    }

    private CompletionStage<Reading<V>> look(K key, byte[] name, Duration waited, Duration next) {
        return link().<List<Object>>send(live -> run(
                        live,
                        TierScripts.READ,
                        new byte[][] {names.bulk(), names.entry(name), names.lease(name)},
                        text(key),
                        number(leaseTime.toMillis())))
                .thenCompose(answer -> {
                    long number = (Long) answer.get(0);
                    long second = (Long) answer.get(1);
                    if (answer.size() > 2) {
                        return CompletableFuture.completedStage(reading(number, second, (byte[]) answer.get(2)));
                    }
                    boolean another = second == 1;
                    if (another && waited.compareTo(waitForOthers) < 0) {
                        Duration pause = least(next, waitForOthers.minus(waited));
                        return after(pause)
                                .thenCompose(due -> look(key, name, waited.plus(pause), next.multipliedBy(2)));
                    }
                    return CompletableFuture.completedStage(new Reading<V>(null, number));
                });
    }

    private Reading<V> reading(long version, long ageMicros, byte[] data) {
        // The server's clock may have been set back.
        Duration age = Duration.ofNanos(Math.max(0, ageMicros) * 1_000);
        try {
            return new Reading<>(Entry.decode(data, age, values), version);
        } catch (IllegalArgumentException foreign) {
            unreadable.increment();
            return new Reading<>(null, version);
        }
    }

    private CompletableFuture<Boolean> after(Duration pause) {
        CompletableFuture<Boolean> due = new CompletableFuture<>();
        scheduler.schedule(pause, () -> due.complete(true));
        return due;
    }

    CompletionStage<Boolean> fill(K key, long lease, Entry<V> entry) {
        Duration stay = stay(entry);
        if (lease == RemoteTier.NO_LEASE || stay.toMillis() <= 0) {
            return CompletableFuture.completedStage(false);
        }
        byte[] name = keys.encode(key);
        return link().<Long>send(live -> run(
                        live,
                        TierScripts.FILL,
                        new byte[][] {names.bulk(), names.entry(name), names.lease(name)},
                        with(
                                entry.tags(),
                                text(key),
                                number(lease),
                                number(entry.age().toNanos() / 1_000),
                                number(stay.toMillis()),
                                entry.encode(values))))
                .thenApply(kept -> kept == 1);
    }

    CompletionStage<?> put(K key, Entry<V> entry) {
        byte[] name = keys.encode(key);
        return link().send(live -> RedisEntries.<Long>run(
                                live,
                                TierScripts.PUT,
                                new byte[][] {names.bulk(), names.entry(name), names.lease(name), fence},
                                with(
                                        entry.tags(),
                                        number(live.number()),
                                        number(entry.age().toNanos() / 1_000),
                                        number(stay(entry).toMillis()),
                                        entry.encode(values)))
                        .thenCombine(notice(live, List.of(name)), (kept, told) -> kept))
                .thenAccept(kept -> {
                    if (kept == 0) {
                        throw new UnavailableException(
                                "a put of '" + names.cache() + "' came after its connection was given up",
                                List.of(),
                                null);
                    }
                })
                .whenComplete((kept, failure) -> {
                    if (failure != null) {
                        owed.add(new Message<>(names.cache(), origin, List.of(key), List.of(), List.of(), false));
                    }
                });
    }

    CompletionStage<?> invalidate(Message<K> what) {
        return link().send(live -> drop(live, what)).whenComplete((dropped, failure) -> {
            if (failure != null) {
                owed.add(what);
            }
        });
    }

    /** Raises the fence against what earlier connections sent, then pays what is owed. */
    CompletionStage<?> begin(Live live) {
        return live.commands()
                .set(fence, number(live.number()), SetArgs.Builder.ex(FENCE_STAYS))
                .thenCompose(raised -> settle(live));
    }

    CompletionStage<?> settle(Live live) {
        Owed.Debt<K> debt = owed.debt();
        return debt == null
                ? CompletableFuture.completedStage(true)
                : drop(live, debt.message())
                        .thenCompose(dropped -> live.commands()
                                .publish(names.channel(), debt.message().encode(keys)))
                        .thenAccept(told -> owed.paid(debt));
    }

    /** To be dropped, and told to the others, as soon as possible. */
    void owe(Message<K> message) {
        owed.add(message);
    }

    private CompletionStage<Long> drop(Live live, Message<K> what) {
        List<byte[]> changed = new ArrayList<>();
        List<byte[]> concerned = new ArrayList<>();
        concerned.add(names.bulk());
        for (K key : what.keys()) {
            byte[] name = keys.encode(key);
            changed.add(name);
            concerned.add(names.entry(name));
            concerned.add(names.lease(name));
        }
        List<byte[]> arguments = new ArrayList<>();
        arguments.add(what.all() ? ONE : ZERO);
        arguments.add(number(what.tags().size()));
        what.tags().forEach(tag -> arguments.add(TierKeys.bytes(tag)));
        what.prefixes().forEach(prefix -> arguments.add(TierKeys.bytes(prefix)));
        return RedisEntries.<Long>run(
                        live, TierScripts.DROP, concerned.toArray(byte[][]::new), arguments.toArray(byte[][]::new))
                .thenCombine(notice(live, changed), (dropped, told) -> dropped);
    }

    /**
     * Has the server tell the nodes that track the cache, but not this one: it knows who wrote only where no script did. Sent
     * right behind the change, on the same connection, so it is heard after the change was made.
     */
    private CompletionStage<Long> notice(Live live, List<byte[]> changed) {
        if (changed.isEmpty()) {
            return CompletableFuture.completedStage(0L);
        }
        byte[][] notices = changed.stream().map(names::notice).toArray(byte[][]::new);
        List<CompletableFuture<?>> told = new ArrayList<>();
        for (byte[] notice : notices) {
            told.add(live.commands().set(notice, ONE).toCompletableFuture());
        }
        CompletableFuture<Long> deleted = live.commands().del(notices).toCompletableFuture();
        return CompletableFuture.allOf(told.toArray(CompletableFuture<?>[]::new))
                .thenCombine(deleted, (set, count) -> count);
    }

    private Duration stay(Entry<V> entry) {
        Duration lifetime = entry.lifetime();
        return lifetime == null ? longestStay : least(longestStay, lifetime.minus(entry.age()));
    }

    /** By its digest: the link has loaded it, and gives up a connection whose server does not know it any more. */
    private static <T> CompletionStage<T> run(Live live, String script, byte[][] keys, byte[]... arguments) {
        ScriptOutputType output = script.equals(TierScripts.READ) ? ScriptOutputType.MULTI : ScriptOutputType.INTEGER;
        return live.commands().evalsha(live.digest(script), output, keys, arguments);
    }

    private static byte[][] with(List<String> tags, byte[]... first) {
        byte[][] all = Arrays.copyOf(first, first.length + tags.size());
        for (int i = 0; i < tags.size(); i++) {
            all[first.length + i] = TierKeys.bytes(tags.get(i));
        }
        return all;
    }

    private static byte[] text(Object key) {
        return TierKeys.bytes(String.valueOf(key));
    }

    private static byte[] number(long value) {
        return TierKeys.bytes(Long.toString(value));
    }

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
