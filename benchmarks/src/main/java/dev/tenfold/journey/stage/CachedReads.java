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
import java.util.concurrent.atomic.AtomicLong;

/** Stage 5: copies of profiles in each app server, good for two seconds, one of which starts again with none. */
final class CachedReads implements Stage {

    private static final Duration LIFETIME = Duration.ofSeconds(2);

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
        AtomicLong ejectedBefore = new AtomicLong();
        run.fault(0.65, "app-2 flaps (fails for " + FLAP_MILLIS + " ms, works for " + FLAP_MILLIS + " ms)", () -> {
            ejectedBefore.set(run.events("endpoint.ejected"));
            flapping.order("flap", FLAP_MILLIS);
        });
        run.then(0.9, "app-2 is steady again", () -> {
            run.awaitEvent("endpoint.ejected", ejectedBefore.get());
            flapping.order("flap", "0");
        });
        run.load(Gateway.through(balancer), Database.truth(database));
        double lookups = run.counted("cache.gets");
        double loads = run.counted("tenfold.cache.loads");
        double ratio = 1 - loads / Math.max(1, lookups);
        Map<String, Double> found = new LinkedHashMap<>();
        found.put("in the server's cache", Math.max(0, lookups - loads));
        found.put("loaded from the database", loads);
        run.share(Chart.PROFILE_SOURCES, "stage 5: caches of the app servers", found);
        long ejections = run.events("endpoint.ejected") - ejectedBefore.get();
        run.claim("a server that flaps is taken out", ejections > 0, ejections + " ejections since it began");
        run.claim(
                "the cache answers",
                ratio > LEAST_HIT_RATIO,
                String.format(Locale.ROOT, "%.0f %% of %.0f profiles needed no load", 100 * ratio, lookups));
        claimFresh(run, LIFETIME);
    }

    /** A copy is as old as the read that filled it, and that was under way for no longer than some request was. */
    static void claimFresh(StageRun run, Duration lifetime) {
        double most = lifetime.toMillis() + run.tally().longestMillis();
        run.claim(
                "nobody sees what is older than " + lifetime.toSeconds() + " s and the slowest request",
                run.tally().stalestMillis() <= most,
                String.format(
                        Locale.ROOT,
                        "at most %.0f ms late, of %.0f ms allowed",
                        run.tally().stalestMillis(),
                        most));
    }

    private static double lookups(StageRun run, String result) {
        return run.counted("cache.gets{cache=profiles,result=" + result + "}");
    }
}
