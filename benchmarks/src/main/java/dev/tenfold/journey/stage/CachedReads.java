package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.record.Chart;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Stage 5: copies of profiles in each app server, good for two seconds, one of which starts again with none. */
final class CachedReads implements Stage {

    private static final Duration LIFETIME = Duration.ofSeconds(2);

    /** A copy is as old as the read that filled it, which on a busy machine takes its time. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    private static final double LEAST_HIT_RATIO = 0.1;
    private static final String FLAP_MILLIS = "200";

    @Override
    public int number() {
        return 5;
    }

    @Override
    public String title() {
        return "A cache in front of the database";
    }

    @Override
    public String story() {
        return "Each app server keeps profiles for 2 s. Others may see a profile that much too late; its owner never does,"
                + " whichever server answers. A server is killed and comes back with a cold cache; the other one flaps.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public void play(StageRun run) throws Exception {
        Database database = Database.create(run.town().postgres().node("a"), "cached");
        Schema.populate(database.connect(), run.people());
        // A replica set of one: its positions are the database's own, so they mean the same to both servers.
        AppConfig app = AppConfig.named("app-1")
                .database(database.url())
                .replicated(run.town().newFolder("leases"))
                .loginsIn(run.town().redis().uri())
                .cached(LIFETIME);
        List<ServerProcess> apps = run.start(app, app.renamed("app-2"));
        LoadBalancer<URI> balancer = run.open(Gateway.balancer("apps", apps, run.observer()));
        ServerProcess victim = apps.get(0);
        run.exhibit().servers("", balancer, apps, Databases.id("main", "a"));
        new Databases(run).alone("main", run.town().postgres().node("a"), List.of("main"));
        Gateway.plotRequests(run, apps);
        for (String result : List.of("hit", "miss")) {
            run.plotRate(Chart.CACHE_LOOKUPS, result, () -> lookups(run, result));
        }
        run.kill(0.3, "app-1 with its cache (kill -9)", victim::kill9);
        run.then(0.4, "app-1 is started again, cold", () -> {
            victim.launch();
            victim.await();
            Gateway.awaitTrust(balancer, victim.name());
        });
        ServerProcess flapping = apps.get(1);
        run.fault(
                0.65,
                "app-2 flaps (fails for " + FLAP_MILLIS + " ms, works for " + FLAP_MILLIS + " ms)",
                () -> flapping.order("flap", FLAP_MILLIS));
        run.then(0.9, "app-2 is steady again", () -> flapping.order("flap", "0"));
        run.load(Gateway.through(balancer), Database.truth(database));
        double lookups = run.counted("cache.gets");
        double loads = run.counted("tenfold.cache.loads");
        double ratio = 1 - loads / Math.max(1, lookups);
        Map<String, Double> found = new LinkedHashMap<>();
        found.put("in the server's cache", Math.max(0, lookups - loads));
        found.put("loaded from the database", loads);
        run.share(Chart.PROFILE_SOURCES, "stage 5: caches of the app servers", found);
        run.claim(
                "a server that flaps is taken out",
                run.events("endpoint.ejected") > 0,
                run.events("endpoint.ejected") + " ejections, of the killed one too");
        run.claim(
                "the cache answers",
                ratio > LEAST_HIT_RATIO,
                String.format(Locale.ROOT, "%.0f %% of %.0f profiles needed no load", 100 * ratio, lookups));
        run.claim(
                "nobody sees what is older than 2 s",
                run.tally().stalestMillis() <= LIFETIME.plus(SLACK).toMillis(),
                String.format(Locale.ROOT, "at most %.0f ms late", run.tally().stalestMillis()));
    }

    private static double lookups(StageRun run, String result) {
        return run.counted("cache.gets{cache=profiles,result=" + result + "}");
    }
}
