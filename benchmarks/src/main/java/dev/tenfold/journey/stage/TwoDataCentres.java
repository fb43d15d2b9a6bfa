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
import dev.tenfold.testing.TcpRelay;
import dev.tenfold.topology.Endpoint;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/** Stage 7: two data centres, of which one, with the primary in it, is lost. */
final class TwoDataCentres implements Stage {

    private static final String NAME = "world";
    private static final City EUROPE = City.FRANKFURT;
    private static final City AMERICA = City.ASHBURN;
    private static final Duration BETWEEN = City.roundTrip(EUROPE.place(), AMERICA.place());
    private static final int ATTEMPTS = 4;

    /** How long a browser waits for an answer. Meanwhile the checks have found out which data centre does not give any. */
    private static final Duration PATIENCE = Duration.ofMillis(1500);

    private static final Duration NOTICE = Duration.ofSeconds(30);

    /** Those who were on their way when the line went dead wait until it is back, or for as long as their patience lasts. */
    private static final double MOST_STUCK = 0.5;

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
                + " users' distances). Users go to the nearer one. Ashburn is cut off from its users for a while; then Frankfurt"
                + " is lost with everything in it.";
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
        Path leases = run.town().newFolder("leases");
        AppConfig app = AppConfig.named("app-eu").replicated(leases);
        for (PostgresNode node : cluster.nodes()) {
            app = app.node("main", node.id(), Database.on(node, NAME).url());
        }
        List<ServerProcess> apps = run.start(
                app.readingPrimary().distance("main", "b", BETWEEN).distance("main", "c", BETWEEN),
                app.renamed("app-us").distance("main", "a", BETWEEN));
        ExecutorService checks = Executors.newCachedThreadPool();
        run.open(checks::shutdownNow);
        TcpRelay atlantic = run.open(TcpRelay.to(apps.get(1).await().getPort()));
        LoadBalancer<URI> europe = run.open(
                Gateway.checking("eu", List.of(Endpoint.of("app-eu", apps.get(0).await())), checks, run.observer()));
        LoadBalancer<URI> america = run.open(Gateway.checking(
                "us",
                List.of(Endpoint.of("app-us", URI.create("http://127.0.0.1:" + atlantic.port() + "/"))),
                checks,
                run.observer()));
        DataCentres<URI> world = DataCentres.<URI>builder(NAME)
                .region(europe.name(), EUROPE.place(), europe)
                .region(america.name(), AMERICA.place(), america)
                .observer(run.observer())
                .build();
        Browser browser = new Browser(PATIENCE, PATIENCE);
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
        exhibit(run, world, europe, america, apps, cluster, leases);
        Gateway.plotRequests(run, apps);
        Gateway.plotQueries(run, "main", List.of("a", "b", "c"));
        Spell cut = new Spell(run, apps);
        run.fault(0.1, "data centre Ashburn is cut off from its users", () -> {
            atlantic.swallow(true);
            awaitCapacity(world, america.name(), false);
            cut.begin();
        });
        run.then(0.3, "data centre Ashburn can be reached again", () -> {
            cut.end();
            atlantic.swallow(false);
            awaitCapacity(world, america.name(), true);
        });
        run.kill(0.5, "data centre Frankfurt: its app server and the primary (kill -9)", () -> {
            apps.get(0).kill9();
            cluster.node("a").kill9();
        });
        run.load(site, Database.truth(() -> Database.on(Database.primary(cluster), NAME)));
        run.claim(
                "the other data centre serves the users of one that is cut off",
                cut.stuck() < MOST_STUCK * cut.sent() && cut.share(apps.get(0)) > 0.9,
                String.format(
                        Locale.ROOT,
                        "of %d requests %d waited for the other; %.0f %% of the answers were from Frankfurt",
                        cut.sent(),
                        cut.stuck(),
                        100 * cut.share(apps.get(0))));
        run.claim(
                "Ashburn took over",
                run.events("failover.promoted") == 1
                        && !Database.primary(cluster).id().equals("a"),
                "node " + Database.primary(cluster).id() + " is the primary");
    }

    /** Waits until a data centre takes users again, or none any more. */
    private static void awaitCapacity(DataCentres<URI> world, String region, boolean some) {
        long end = System.nanoTime() + NOTICE.toNanos();
        while (world.capacity(region) > 0 != some) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("data centre " + region + " still has a capacity of "
                        + world.capacity(region) + " after " + NOTICE.toSeconds() + " s");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static void exhibit(
            StageRun run,
            DataCentres<URI> world,
            LoadBalancer<URI> europe,
            LoadBalancer<URI> america,
            List<ServerProcess> apps,
            PostgresCluster cluster,
            Path leases) {
        String[] databases = {Databases.id("main", "a"), Databases.id("main", "b"), Databases.id("main", "c")};
        run.exhibit().regions(world, Map.of("eu", List.of("app-eu"), "us", List.of("app-us")));
        run.exhibit().servers("eu", europe, apps.subList(0, 1), databases);
        run.exhibit().servers("us", america, apps.subList(1, 2), databases);
        new Databases(run).cluster("main", cluster, NAME, leases);
    }
}
