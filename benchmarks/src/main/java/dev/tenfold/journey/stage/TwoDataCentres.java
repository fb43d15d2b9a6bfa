package dev.tenfold.journey.stage;

import dev.tenfold.RequestPath;
import dev.tenfold.Tenfold;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.City;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.load.Browser;
import dev.tenfold.journey.load.Site;
import dev.tenfold.journey.load.Site.Ask;
import dev.tenfold.locality.DataCentres;
import dev.tenfold.locality.Region;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Stage 7: two data centres, of which one, with the primary in it, is lost. */
final class TwoDataCentres implements Stage {

    private static final String NAME = "world";
    private static final City EUROPE = City.FRANKFURT;
    private static final City AMERICA = City.ASHBURN;
    private static final Duration BETWEEN = City.roundTrip(EUROPE.place(), AMERICA.place());
    private static final int ATTEMPTS = 4;

    @Override
    public int number() {
        return 7;
    }

    @Override
    public String title() {
        return "Two data centres";
    }

    @Override
    public String story() {
        return "Frankfurt has the primary, Ashburn two replicas, " + BETWEEN.toMillis()
                + " ms away (injected, as are the"
                + " users' distances). Users go to the nearer one, until Frankfurt is lost with everything in it.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public void play(StageRun run) throws Exception {
        PostgresCluster cluster =
                run.open(PostgresCluster.builder().replicas(2).synchronous().start());
        Schema.populate(Database.create(cluster.node("a"), NAME).connect(), run.people());
        // Logins are in the database here: unlike the town's one Redis, it is in both places.
        AppConfig app = AppConfig.named("app-eu").replicated(run.town().newFolder("leases"));
        for (PostgresNode node : cluster.nodes()) {
            app = app.node("main", node.id(), Database.on(node, NAME).url());
        }
        List<ServerProcess> apps = run.start(
                app.readingPrimary().distance("main", "b", BETWEEN).distance("main", "c", BETWEEN),
                app.renamed("app-us").distance("main", "a", BETWEEN));
        LoadBalancer<URI> europe = run.open(Gateway.balancer("eu", apps.subList(0, 1), run.observer()));
        LoadBalancer<URI> america = run.open(Gateway.balancer("us", apps.subList(1, 2), run.observer()));
        DataCentres<URI> world = DataCentres.<URI>builder(NAME)
                .region(europe.name(), EUROPE.place(), europe)
                .region(america.name(), AMERICA.place(), america)
                .observer(run.observer())
                .build();
        Browser browser = Gateway.browser();
        RequestPath<Ask, Answer> path = Tenfold.<Ask, Answer>requestPath("site")
                .toDataCentres(world)
                .calling(browser::send)
                .retrying(ATTEMPTS, ask -> true)
                .classifying(Gateway::judge)
                .build();
        Site site = ask -> {
            City home = City.of(ask.person().id());
            Region<URI> region = world.region(home.place());
            LockSupport.parkNanos(
                    City.roundTrip(home.place(), region.coordinates()).toNanos());
            return path.handle(home.place(), ask);
        };
        run.kill(0.4, "data centre Frankfurt: its app server and the primary (kill -9)", () -> {
            apps.get(0).kill9();
            cluster.node("a").kill9();
        });
        run.load(site, Database.truth(() -> Database.on(Database.primary(cluster), NAME)));
        run.claim(
                "Ashburn took over",
                run.events("failover.promoted") == 1
                        && !Database.primary(cluster).id().equals("a"),
                "node " + Database.primary(cluster).id() + " is the primary");
    }
}
