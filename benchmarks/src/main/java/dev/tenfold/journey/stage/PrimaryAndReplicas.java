package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.record.Chart;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/** Stage 4: a primary and two replicas; a replica dies, then the primary, and a replica takes its place. */
final class PrimaryAndReplicas implements Stage {

    private static final String NAME = "social";
    private static final String BEHIND =
            "select pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint";

    @Override
    public int number() {
        return 4;
    }

    @Override
    public String title() {
        return "A primary and two replicas";
    }

    @Override
    public String story() {
        return "Reads go to two streaming replicas, writes to the primary, which waits for one replica. A replica"
                + " lags, another is killed, then the primary: the app servers agree on a replica and promote it.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public void play(StageRun run) throws Exception {
        PostgresCluster cluster =
                run.open(PostgresCluster.builder().replicas(2).synchronous().start());
        Database primary = Database.create(cluster.node("a"), NAME);
        Schema.populate(primary.connect(), run.people());
        Path leases = run.town().newFolder("leases");
        AppConfig app = AppConfig.named("app-1")
                .replicated(leases)
                .loginsIn(run.town().redis().uri());
        for (PostgresNode node : cluster.nodes()) {
            app = app.node("main", node.id(), Database.on(node, NAME).url());
        }
        List<ServerProcess> apps = run.start(app, app.renamed("app-2"));
        LoadBalancer<URI> balancer = run.open(Gateway.balancer("apps", apps, run.observer()));
        run.exhibit()
                .servers(
                        "",
                        balancer,
                        apps,
                        Databases.id("main", "a"),
                        Databases.id("main", "b"),
                        Databases.id("main", "c"));
        new Databases(run).cluster("main", cluster, NAME, leases);
        Gateway.plotQueries(run, "main", List.of("a", "b", "c"));
        for (String node : List.of("b", "c")) {
            run.plot(Chart.REPLICA_LAG, node, () -> run.highest("tenfold.replicas.lag{node=" + node + ",set=main}"));
        }
        PostgresNode lagging = cluster.node("b");
        PostgresNode replica = cluster.node("c");
        LongAdder late = new LongAdder();
        run.fault(
                0.1,
                "replica b lags (it receives, and does not replay)",
                () -> lagging.execute("select pg_wal_replay_pause()"));
        run.then(0.25, "replica b catches up", () -> {
            run.awaitSign(() -> behind(lagging) > 0);
            late.add(behind(lagging));
            lagging.execute("select pg_wal_replay_resume()");
        });
        run.kill(0.35, "replica c (kill -9)", replica::kill9);
        run.then(0.45, "replica c is started again", replica::start);
        run.kill(0.6, "primary a (kill -9)", cluster.node("a")::kill9);
        run.load(Gateway.through(balancer), Database.truth(() -> Database.on(Database.primary(cluster), NAME)));
        run.claim(
                "a replica that lags shows nobody less than they have seen",
                late.sum() > 0 && run.tally().wentBack() == 0,
                late.sum() + " bytes behind, " + run.tally().wentBack() + " sessions went back in time, "
                        + (long) run.counted("tenfold.replicas.reads.waited") + " reads waited");
        run.claim(
                "a replica was promoted",
                run.events("failover.promoted") == 1,
                run.events("failover.promoted") + " promotions, to "
                        + Database.primary(cluster).id());
    }

    private static long behind(PostgresNode replica) {
        try {
            return Long.parseLong(Objects.requireNonNull(replica.execute(BEHIND)));
        } catch (SQLException silent) {
            throw new IllegalStateException(replica.id() + " does not say how far behind it is", silent);
        }
    }
}
