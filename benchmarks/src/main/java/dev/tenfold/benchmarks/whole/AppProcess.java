package dev.tenfold.benchmarks.whole;

import dev.tenfold.Codec;
import dev.tenfold.DataPath;
import dev.tenfold.Locator;
import dev.tenfold.Publisher;
import dev.tenfold.Tenfold;
import dev.tenfold.benchmarks.whole.Database.Failed;
import dev.tenfold.benchmarks.whole.ShardState.Announcement;
import dev.tenfold.benchmarks.whole.ShardState.Command;
import dev.tenfold.benchmarks.whole.WholeSystem.Guard;
import dev.tenfold.cache.Cache;
import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Leases;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.outbox.Outbox;
import dev.tenfold.queue.outbox.OutboxRelay;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.ReplicaSetBuilder;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.reshard.Reshard;
import dev.tenfold.sharding.reshard.Resharder;
import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One process of the application, wired as an application would wire it: everything of Tenfold is real, and its own. */
final class AppProcess {

    static final Duration DEADLINE = Duration.ofMillis(1_500);
    static final Duration TIME_TO_LIVE = Duration.ofSeconds(4);
    private static final Outbox<String> OUTBOX = Outbox.of("outbox", Codec.utf8());
    /** The write or removal that the thread is at: what writes is told the key and the value only. */
    private static final ThreadLocal<Ask> CURRENT = new ThreadLocal<>();

    private static final Duration HAND_OVER = Duration.ofSeconds(2);
    private static final Duration CONTROL = Duration.ofSeconds(1);
    static final SessionToken TOKENS = SessionToken.signedWith(new byte[16]);

    final String name;
    final Clock clock;
    final Map<String, ReplicaSet<DatabaseServer>> sets = new LinkedHashMap<>();
    final Sharder<String, ReplicaSet<DatabaseServer>> sharder;
    final Cache<String, Long> cache;
    final DataPath<String, Long> numbers;
    final Resharder resharder;
    private final WholeSystem system;
    private final Observer observer;
    private final Executor executor;
    private final Map<String, OutboxRelay> relays = new LinkedHashMap<>();
    /** When this process last began to drop the copies of a key, of the times that have ended. */
    private final Map<String, Long> invalidated = new HashMap<>();

    private boolean moving;

    /** Opens everything, which takes time; called within a task. */
    AppProcess(String name, WholeSystem system) {
        this.name = name;
        this.system = system;
        clock = system.world.clock(system.random.nextInt(1_000_000_000), 1 + (system.random.nextInt(401) - 200) / 1e6);
        observer = event -> system.note(() -> name + ": " + event.kind() + " " + event.message());
        executor = task -> clock.schedule(Duration.ZERO, task);
        system.databases.forEach((shard, database) -> sets.put(shard, replicas(shard, database)));
        sharder = Sharder.<String, ReplicaSet<DatabaseServer>>consistent()
                .name("numbers")
                .slots(WholeSystem.SLOTS)
                .shard("s1", Objects.requireNonNull(sets.get("s1")))
                .shard("s2", Objects.requireNonNull(sets.get("s2")))
                .register(reached(system.maps))
                .time(clock, clock)
                .random(chance())
                .observer(observer)
                .open();
        cache = Cache.<String, Long>builder("numbers")
                .maximumSize(100)
                .recordStats()
                .expireAfterWrite(TIME_TO_LIVE)
                .remote(system.tier.new Client(name, clock))
                .bus(system.bus.new Member(name, clock))
                .remoteTimeout(Duration.ofMillis(200))
                .time(clock)
                .scheduler(clock)
                .executor(executor)
                .random(chance())
                .observer(observer)
                .build();
        numbers = path();
        resharder = Resharder.over(reached(system.maps))
                .journal(reached(system.journals))
                .stores(shard -> new ReplicatedShardStore(this, shard))
                .name(name)
                .chunks(3, Duration.ofSeconds(1))
                .poll(Duration.ofMillis(100))
                .soak(Duration.ofMillis(300))
                .time(clock, clock)
                .random(chance())
                .observer(observer)
                .build();
        for (String shard : sets.keySet()) {
            relays.put(shard, relay(shard));
        }
    }

    private RandomGenerator chance() {
        return Chance.seeded(system.random.nextLong());
    }

    private <V> VersionedRegister<V> reached(VersionedRegister<V> register) {
        return new ReachedRegister<>(register, system.network, clock, name);
    }

    private ReplicaSet<DatabaseServer> replicas(String shard, Database database) {
        Failover failover = Failover.automatic().pausing(Duration.ofMillis(500));
        ReplicaSetBuilder<DatabaseServer> builder = ReplicaSet.<DatabaseServer>builder(shard)
                .engine(new DatabaseEngine(database, clock, name))
                .failover(database.quorum == 0 ? failover.allowDataLoss() : failover)
                .probeEvery(Duration.ofMillis(250))
                .probeTimeout(Duration.ofMillis(500))
                .recoveryReports(report -> system.note(() -> name + ": " + report))
                .lease(Leases.over(reached(system.lease("failover of " + shard)), clock))
                .observer(observer)
                .time(clock)
                .scheduler(clock)
                .random(chance());
        database.servers.forEach(server -> builder.replica(server.id, server));
        return builder.start();
    }

    private DataPath<String, Long> path() {
        DataPath.Builder<String, Long, DatabaseServer> path = Tenfold.<String, Long>dataPath("numbers")
                .shardedBy(system.has(Guard.EPOCH) ? sharder : forgetful())
                .reading((server, key) -> database(server)
                        .<@Nullable Long>query(
                                clock,
                                name,
                                server,
                                state -> system.has(Guard.ROUTE)
                                        ? state.get(sharder.route(key), key)
                                        : state.anywhere(key)))
                .cachedIn(this::copy, this::invalidate)
                .deadline(DEADLINE)
                .time(clock)
                .random(chance())
                .observer(observer);
        if (!system.has(Guard.TRANSACTION)) {
            return path.writing((server, key, number) -> change(server, List.of()))
                    .removing((server, key) -> change(server, List.of()))
                    .build();
        }
        Publisher.Recorder<Connection, DataPath.Change<String, Long>> outbox = (transaction, change) -> OUTBOX.record(
                transaction,
                change.key(),
                BrokerHost.ROUTING_KEY,
                Long.toString(current().number()));
        return path.writing(outbox, (server, key, number, announcement) -> change(server, recorded(announcement)))
                .removing(outbox, (server, key, announcement) -> change(server, recorded(announcement)))
                .relayedBy(() -> relays.values().forEach(OutboxRelay::wake))
                .build();
    }

    /** Finds the homes, and does not say by which map. */
    private Locator<String, ReplicaSet<DatabaseServer>> forgetful() {
        return new Locator<>() {
            @Override
            public ReplicaSet<DatabaseServer> locate(String key) {
                return sharder.locate(key);
            }

            @Override
            public ReplicaSet<DatabaseServer> relocate(String key, StaleEpochException refused, Deadline deadline) {
                return sharder.relocate(key, refused, deadline);
            }
        };
    }

    /**
     * Asks the cache, and checks (4) that a copy is not of a read that began before an invalidation of this process. A cache
     * that keeps no positions lets whatever copy there is pass for as new as it has to be.
     */
    @SuppressWarnings("NullAway") // knows nullable type arguments only when it runs on JDK 22 and later
    private Positioned<@Nullable Long> copy(
            String key, Position minimum, Function<? super String, Positioned<@Nullable Long>> load) {
        long droppedAt = invalidated.getOrDefault(key, 0L);
        Function<String, Positioned<@Nullable Long>> noted = missing -> {
            long began = system.world.now();
            Positioned<@Nullable Long> loaded = load.apply(missing);
            system.loads.put(loaded.read(), began);
            return loaded;
        };
        boolean places = system.has(Guard.POSITIONS);
        Positioned<@Nullable Long> found = cache.get(key, places ? minimum : Position.none(), noted);
        long began = system.loads.getOrDefault(found.read(), Long.MAX_VALUE);
        system.require(
                Promise.COPIES,
                began >= droppedAt,
                () -> "the cache of " + name + " answers " + key + " = " + found.value() + ", which was read at "
                        + began / Network.MILLI + " ms, though it was invalidated at " + droppedAt / Network.MILLI
                        + " ms");
        return places || minimum.isNone() ? found : new Positioned<>(found.value(), minimum);
    }

    private void invalidate(String key) {
        long began = system.world.now();
        if (system.has(Guard.INVALIDATION)) {
            cache.invalidate(key);
        }
        invalidated.merge(key, began, Math::max);
    }

    private static Ask current() {
        return Objects.requireNonNull(CURRENT.get(), "nobody asked for a write");
    }

    private static List<Announcement> recorded(Publisher.Announcement<Connection> announcement) throws Exception {
        List<Announcement> announcements = new ArrayList<>();
        announcement.recordIn(OutboxTable.recording(announcements::add));
        return announcements;
    }

    private void change(DatabaseServer server, List<Announcement> announcements) throws Failed {
        Ask ask = current();
        database(server)
                .execute(
                        clock,
                        name,
                        server,
                        ShardState.change(sharder.route(ask.key()), ask, announcements, system.history));
    }

    // --- requests

    /** Takes a request that comes over the network; must not sleep. */
    void receive(Ask ask, Consumer<Answer> then) {
        executor.execute(() -> then.accept(answer(ask)));
    }

    /** Carries out a request. */
    Answer answer(Ask ask) {
        boolean known = !ask.cookie().isEmpty()
                && (system.has(Guard.COOKIE) || ask.last().equals(name));
        Session session = known ? TOKENS.decode(ask.cookie()) : new Session();
        DataPath<String, Long> path = numbers.in(session);
        Long value = null;
        TenfoldException failure = null;
        try {
            if (ask.isSafe()) {
                value = path.get(ask.key());
            } else {
                write(ask, path);
                value = ask.kind() == Ask.Kind.REMOVE ? null : ask.number();
            }
        } catch (TenfoldException failed) {
            failure = failed;
        }
        return new Answer(value, failure, TOKENS.encode(session), name, 0);
    }

    private void write(Ask ask, DataPath<String, Long> path) {
        system.history.receive(ask.number());
        CURRENT.set(ask);
        try {
            if (ask.kind() == Ask.Kind.REMOVE) {
                path.remove(ask.key());
            } else {
                path.put(ask.key(), ask.number());
            }
        } finally {
            CURRENT.remove();
        }
        if (!system.has(Guard.TRANSACTION)) {
            var unused = system.broker.publish(clock, name, Long.toString(ask.number()));
        }
    }

    private Database database(DatabaseServer server) {
        return system.database(server.shard);
    }

    private OutboxRelay relay(String shard) {
        return OutboxRelay.of(OUTBOX, OutboxTable.of(this, shard), system.broker.reached(clock, name))
                .lease(
                        Leases.over(this.<LeaseState>reached(system.lease("relay of " + shard)), clock),
                        name,
                        Duration.ofSeconds(2))
                .poll(Duration.ofMillis(250))
                .confirmTimeout(Duration.ofSeconds(1))
                .time(clock)
                .scheduler(clock)
                .executor(executor)
                .observer(observer)
                .start();
    }

    /** Carries out a transaction on the primary of a shard. */
    <R> R change(String shard, Command<R> command) throws Failed {
        return Objects.requireNonNull(sets.get(shard))
                .<R, Failed>write(
                        Deadline.after(CONTROL, clock),
                        server -> database(server).execute(clock, name, server, command))
                .value();
    }

    /** Asks the primary of a shard. */
    <R> R ask(String shard, Function<ShardState, R> query) throws Failed {
        return Objects.requireNonNull(sets.get(shard))
                .<R, Failed>read(
                        Position.primaryOnly(shard),
                        Deadline.after(CONTROL, clock),
                        server -> database(server).query(clock, name, server, query))
                .value();
    }

    /** Makes another server the primary of a shard while the present one is well. */
    void switchOver(String shard) {
        executor.execute(() -> {
            ReplicaSet<DatabaseServer> set = Objects.requireNonNull(sets.get(shard));
            String primary = set.topology().primary().map(Endpoint::id).orElse("");
            List<String> replicas = system.database(shard).servers.stream()
                    .map(server -> server.id)
                    .filter(id -> !id.equals(primary))
                    .toList();
            String target = replicas.get(system.random.nextInt(replicas.size()));
            try {
                system.note(() -> name + " is to hand over from " + primary + " to " + target);
                set.switchover(target, Deadline.after(HAND_OVER, clock));
                system.tally.switchovers++;
            } catch (RuntimeException refused) {
                system.note(() -> name + " did not hand over: " + refused);
            }
        });
    }

    /** Begins to give a slot from one shard to another. */
    void move(int slot) {
        executor.execute(() -> {
            try {
                String from = sharder.refresh().owner(slot);
                String onto = from.equals("s1") ? "s2" : "s1";
                system.note(() -> name + " moves slot " + slot + " from " + from + " to " + onto);
                Reshard begun = resharder.begin(sharder.plan(change -> change.give(new int[] {slot}, from, onto)));
                system.moves++;
                moving = true;
                step(begun);
            } catch (RuntimeException refused) {
                system.note(() -> name + " cannot move slot " + slot + ": " + refused);
            }
        });
    }

    /** Goes on with what another process began, unless this one is at it. */
    void takeOverMove() {
        if (moving) {
            return;
        }
        moving = true;
        executor.execute(() -> {
            try {
                Optional<Reshard> left = resharder.current();
                moving = left.isPresent();
                left.ifPresent(this::step);
            } catch (RuntimeException unreachable) {
                moving = false;
                system.note(() -> name + " cannot look for moves: " + unreachable);
            }
        });
    }

    private void step(Reshard move) {
        try {
            Optional<Duration> rest = move.step();
            moving = rest.isPresent();
            // A clock that drifts may wake it a nanosecond early, and the move would then ask for that, again and
            // again.
            rest.ifPresent(pause -> clock.schedule(pause.plusNanos(1_000), () -> step(move)));
        } catch (RuntimeException over) {
            moving = false;
            system.note(() -> name + " moves no more: " + over);
        }
    }

    boolean hasPrimaries() {
        return sets.values().stream()
                .allMatch(set -> set.topology()
                                .primary()
                                .filter(endpoint -> endpoint.target().writable)
                                .isPresent()
                        && set.peekRead(Position.none()) != null);
    }

    void die() {
        clock.die();
        system.bus.remove(name);
        system.front.detach(this);
    }
}
