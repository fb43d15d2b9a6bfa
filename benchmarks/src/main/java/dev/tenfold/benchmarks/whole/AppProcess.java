package dev.tenfold.benchmarks.whole;

import dev.tenfold.Codec;
import dev.tenfold.DataPath;
import dev.tenfold.Publisher;
import dev.tenfold.ReadThrough;
import dev.tenfold.Tenfold;
import dev.tenfold.benchmarks.whole.Database.Failed;
import dev.tenfold.benchmarks.whole.ShardState.Announcement;
import dev.tenfold.benchmarks.whole.ShardState.Command;
import dev.tenfold.benchmarks.whole.WholeSystem.Guard;
import dev.tenfold.cache.Cache;
import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Leases;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.outbox.Outbox;
import dev.tenfold.queue.outbox.OutboxRelay;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.ReplicaSetBuilder;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.reshard.Reshard;
import dev.tenfold.sharding.reshard.Resharder;
import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Deadline;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One process of the application, wired as an application would wire it: everything of Tenfold is real, and its own. */
final class AppProcess {

    static final Duration DEADLINE = Duration.ofMillis(1_500);
    static final Duration TIME_TO_LIVE = Duration.ofSeconds(4);
    private static final Outbox<String> OUTBOX = Outbox.of("outbox", Codec.utf8());
    private static final Duration CONTROL = Duration.ofSeconds(1);

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
                .bus(system.bus.new Endpoint(name, clock))
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
        ReadThrough<String, Long> copies = system.has(Guard.POSITIONS) ? cache : this::anyCopy;
        DataPath.Builder<String, Long, DatabaseServer> path = Tenfold.<String, Long>dataPath("numbers")
                .shardedBy(sharder)
                .reading((server, key) -> database(server)
                        .<@Nullable Long>query(clock, name, server, state -> state.get(sharder.route(key), key)))
                .cachedIn(copies, cache)
                .deadline(DEADLINE)
                .time(clock)
                .random(chance())
                .observer(observer);
        if (!system.has(Guard.TRANSACTION)) {
            return path.writing((server, key, number) -> write(server, key, number, List.of()))
                    .build();
        }
        Publisher.Recorder<Connection, DataPath.Change<String, Long>> outbox = (transaction, change) ->
                OUTBOX.record(transaction, change.key(), BrokerHost.ROUTING_KEY, String.valueOf(change.value()));
        return path.writing(outbox, (server, key, number, announcement) -> {
                    List<Announcement> announcements = new ArrayList<>();
                    announcement.recordIn(OutboxTable.recording(announcements::add));
                    write(server, key, number, announcements);
                })
                .relayedBy(() -> relays.values().forEach(OutboxRelay::wake))
                .build();
    }

    /** What a cache does that keeps no positions: whatever copy there is passes for as new as it has to be. */
    @SuppressWarnings("NullAway") // knows nullable type arguments only when it runs on JDK 22 and later
    private Positioned<@Nullable Long> anyCopy(
            String key, Position minimum, Function<? super String, Positioned<@Nullable Long>> load) {
        Positioned<@Nullable Long> found = cache.get(key, Position.none(), load);
        return minimum.isNone() ? found : new Positioned<>(found.value(), minimum);
    }

    private void write(DatabaseServer server, String key, long number, List<Announcement> announcements) throws Failed {
        database(server)
                .execute(
                        clock,
                        name,
                        server,
                        ShardState.put(sharder.route(key), key, number, announcements, system.history));
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
    }
}
