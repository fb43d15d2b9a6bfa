package dev.tenfold.journey.stage;

import dev.tenfold.Edge;
import dev.tenfold.RequestPath;
import dev.tenfold.Tenfold;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.cache.edge.EdgeNetwork;
import dev.tenfold.cache.edge.EdgeSite;
import dev.tenfold.cache.edge.EdgeStats;
import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.City;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.load.Browser;
import dev.tenfold.journey.load.Site.Ask;
import dev.tenfold.journey.record.Chart;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Coordinates;
import java.net.URI;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Stage 6: public profiles from edges in three cities, one of which goes down. */
final class Edges implements Stage {

    private static final Duration LIFETIME = Duration.ofSeconds(2);

    private static final City ORIGIN = City.FRANKFURT;
    private static final int ATTEMPTS = 4;

    @Override
    public int number() {
        return 6;
    }

    @Override
    public String title() {
        return "Edges in several cities";
    }

    @Override
    public String story() {
        return "Users in six cities, the servers in Frankfurt, and edges in Frankfurt, Ashburn and Tokyo that keep public"
                + " profiles for 2 s: nearest edge, then neighbour, then origin. Distance is injected delay."
                + " The edge in Ashburn goes down.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public void play(StageRun run) throws Exception {
        Database database = Database.create(run.town().postgres().node("a"), "edges");
        Schema.populate(database.connect(), run.people());
        AppConfig app = AppConfig.named("app-1")
                .database(database.url())
                .loginsIn(run.town().redis().uri());
        List<ServerProcess> apps = run.start(app, app.renamed("app-2"));
        LoadBalancer<URI> balancer = run.open(Gateway.balancer("apps", apps, run.observer()));
        EdgeNetwork<String, Answer> cdn = network(run.observer());
        Browser browser = Gateway.browser();
        RequestPath<Ask, Answer> site = Tenfold.<Ask, Answer>requestPath("site")
                .toServers(balancer)
                .throughEdge(nearest(cdn))
                .calling(browser::send)
                .retrying(ATTEMPTS, ask -> true)
                .classifying(Gateway::judge)
                .build();
        run.exhibit().edges(cdn, "app-1", "app-2");
        run.exhibit().servers("", balancer, apps, Databases.id("main", "a"));
        new Databases(run).alone("main", run.town().postgres().node("a"), List.of("main"));
        for (EdgeSite<String, Answer> edge : cdn.edges()) {
            run.plotRate(Chart.REQUESTS_BY_EDGE, edge.name(), () -> edge.stats().requests());
        }
        run.kill(0.4, "the edge in Ashburn", cdn.edge("ashburn")::down);
        run.then(0.7, "the edge in Ashburn is back", cdn.edge("ashburn")::up);
        run.load(ask -> site.handle(City.of(ask.person().id()).place(), ask), Database.truth(database));
        report(run, cdn);
    }

    static EdgeNetwork<String, Answer> network(Observer observer) {
        return EdgeNetwork.<String, Answer>builder("cdn")
                .edge("frankfurt", City.FRANKFURT.place())
                .edge("ashburn", City.ASHBURN.place())
                .edge("tokyo", City.TOKYO.place())
                .expireAfterWrite((path, answer) -> answer.isGood() ? LIFETIME : Duration.ZERO)
                .observer(observer)
                .build();
    }

    /** Public pages come from the edge; what is somebody's own goes all the way. */
    static Edge<Ask, Answer> nearest(EdgeNetwork<String, Answer> cdn) {
        return (client, ask, origin) -> {
            if (!isPublic(ask)) {
                travel(client, ORIGIN.place());
                return origin.apply(ask);
            }
            Coordinates edge = nearestUp(cdn, client);
            travel(client, edge);
            return cdn.serve(client, ask.path(), path -> {
                travel(edge, ORIGIN.place());
                return origin.apply(ask);
            });
        };
    }

    private static boolean isPublic(Ask ask) {
        return ask.isRead()
                && ask.path().startsWith("/users/")
                && !ask.path().equals("/users/" + ask.person().id());
    }

    private static Coordinates nearestUp(EdgeNetwork<String, Answer> cdn, Coordinates client) {
        return cdn.edges().stream()
                .filter(EdgeSite::isUp)
                .map(EdgeSite::coordinates)
                .min(Comparator.comparingDouble(client::distanceKm))
                .orElse(ORIGIN.place());
    }

    private static void travel(Coordinates from, Coordinates to) {
        LockSupport.parkNanos(City.roundTrip(from, to).toNanos());
    }

    private static void report(StageRun run, EdgeNetwork<String, Answer> cdn) {
        long requests = 0;
        long hits = 0;
        long neighbours = 0;
        long origin = 0;
        for (EdgeSite<String, Answer> edge : cdn.edges()) {
            EdgeStats stats = edge.stats();
            Map<String, Double> sources = new LinkedHashMap<>();
            sources.put("at the edge", (double) stats.hits());
            sources.put("at a neighbour", (double) stats.neighbourHits());
            sources.put("at the origin", (double) stats.originFetches());
            run.share(Chart.PROFILE_SOURCES, "stage 6: edge " + edge.name(), sources);
            requests += stats.requests();
            hits += stats.hits();
            neighbours += stats.neighbourHits();
            origin += stats.originFetches();
        }
        run.claim(
                "edges answer, and neighbours help",
                hits > 0 && neighbours > 0 && hits + neighbours > origin / 2,
                String.format(
                        Locale.ROOT,
                        "of %d public profiles %d were at the edge, %d at a neighbour, %d at the origin",
                        requests,
                        hits,
                        neighbours,
                        origin));
        CachedReads.claimFresh(run, LIFETIME);
    }
}
