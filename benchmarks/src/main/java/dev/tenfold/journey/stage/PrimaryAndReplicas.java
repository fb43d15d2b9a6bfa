package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.Database;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import java.net.URI;
import java.util.EnumSet;
import java.util.Set;

/** Stage 4: a primary and two replicas; a replica dies, then the primary, and a replica takes its place. */
final class PrimaryAndReplicas implements Stage {

    private static final String NAME = "social";

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
        return "Reads go to two streaming replicas, writes to the primary, which waits for one replica. A replica is killed,"
                + " then the primary: the app servers agree on a replica and promote it.";
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
        AppConfig app = AppConfig.named("app-1")
                .replicated(run.town().newFolder("leases"))
                .loginsIn(run.town().redis().uri());
        for (PostgresNode node : cluster.nodes()) {
            app = app.node("main", node.id(), Database.on(node, NAME).url());
        }
        LoadBalancer<URI> balancer =
                run.open(Gateway.balancer("apps", run.start(app, app.renamed("app-2")), run.observer()));
        PostgresNode replica = cluster.node("c");
        run.kill(0.15, "replica c (kill -9)", replica::kill9);
        run.then(0.3, "replica c is started again", replica::start);
        run.kill(0.5, "primary a (kill -9)", cluster.node("a")::kill9);
        run.load(Gateway.through(balancer), Database.truth(() -> Database.on(Database.primary(cluster), NAME)));
        run.claim(
                "a replica was promoted",
                run.events("failover.promoted") == 1,
                run.events("failover.promoted") + " promotions, to "
                        + Database.primary(cluster).id());
    }
}
