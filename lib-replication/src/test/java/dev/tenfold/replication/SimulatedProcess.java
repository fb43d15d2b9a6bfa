package dev.tenfold.replication;

import dev.tenfold.coordination.Lease;
import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Leases;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.replication.SimulatedServers.Server;
import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One process of the application: a replica set with a clock, a scheduler and links of its own. */
final class SimulatedProcess {

    static final String REGISTER = "register";
    private static final long[] TICKS = {1, 1, 1, 100, 1_000, 1_000_000, 15_625_000};

    final String name;
    final SimulatedWorld.Clock clock;
    final ReplicaSet<Server> set;
    private final SimulatedServers servers;

    SimulatedProcess(
            String name, SimulatedServers servers, VersionedRegister<LeaseState> register, FailoverSimulation run) {
        this.name = name;
        this.servers = servers;
        // Mostly within what clocks promise; one in eight is off by up to a hundredth. Some tick as coarsely as Windows
        // did.
        int drift = servers.random.nextInt(8) == 0 ? 10_000 : 200;
        this.clock = servers.world.clock(
                servers.random.nextInt(1_000_000_000),
                1 + (servers.random.nextInt(2 * drift + 1) - drift) / 1e6,
                TICKS[servers.random.nextInt(TICKS.length)]);
        Failover failover = Failover.automatic().pausing(Duration.ofMillis(500));
        ReplicaSetBuilder<Server> builder = ReplicaSet.<Server>builder("shard")
                .engine(new SimulatedEngine(servers, this))
                .failover(servers.quorum == 0 ? failover.allowDataLoss() : failover)
                .probeEvery(Duration.ofMillis(250))
                .probeTimeout(Duration.ofMillis(500))
                .recoveryReports(report -> run.note(() -> name + ": " + report))
                .observer(tell(run))
                .time(clock)
                .scheduler(clock)
                .random(Chance.seeded(servers.random.nextLong()));
        servers.servers.values().forEach(server -> builder.replica(server.id, server));
        if (run.has(FailoverSimulation.Guard.LEASE)) {
            Lease lease = Leases.over(new Reached(register), clock);
            builder.lease(lease);
        }
        set = builder.start();
    }

    private Observer tell(FailoverSimulation run) {
        return event -> run.note(() -> name + ": " + event.kind() + " " + event.message());
    }

    /** The register as this process reaches it, or not. */
    private final class Reached implements VersionedRegister<LeaseState> {
        private final VersionedRegister<LeaseState> register;

        Reached(VersionedRegister<LeaseState> register) {
            this.register = register;
        }

        private <R> R call(Supplier<R> body) {
            clock.sleep(servers.random.nextInt(5) * SimulatedServers.MILLI);
            if (!servers.linked(name, REGISTER)) {
                clock.sleep(300 * SimulatedServers.MILLI);
                throw new UnavailableException("no route to the register", List.of(), null);
            }
            R result = body.get();
            clock.sleep(servers.random.nextInt(5) * SimulatedServers.MILLI);
            if (!servers.linked(name, REGISTER)) {
                throw new OutcomeUnknownException("the register's answer was lost", null);
            }
            return result;
        }

        @Override
        public Optional<Versioned<LeaseState>> read() {
            return call(register::read);
        }

        @Override
        public Optional<Versioned<LeaseState>> compareAndSet(long expectedVersion, LeaseState value) {
            return call(() -> register.compareAndSet(expectedVersion, value));
        }

        @Override
        public Watch watch(Consumer<? super Versioned<LeaseState>> listener) {
            throw new UnsupportedOperationException("a lease does not watch");
        }

        @Override
        public void close() {
            // the simulation's
        }
    }
}
