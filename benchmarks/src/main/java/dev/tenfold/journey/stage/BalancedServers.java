package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Stage 3: several application servers behind a balancer, and login sessions in Redis. */
final class BalancedServers implements Stage {

    /** How slow a server becomes: by so much, and by so many times what an answer took while all were well. */
    private static final double LEAST_DELAY_MILLIS = 200;

    private static final double DELAY_FACTOR = 20;

    /** Well below what a browser waits for an answer. */
    private static final double MOST_DELAY_MILLIS = 3000;

    /** Half of what it would be given if it were as quick as the others. */
    private static final double MOST_OF_ITS_SHARE = 0.5;

    /** Those that the hanging server had in hand wait for it. */
    private static final double MOST_STUCK = 0.3;

    /** Of the answers in a second while all were well; on a machine with other work those vary, whatever hangs. */
    private static final double LEAST_RATE = 1 / 3.0;

    @Override
    public int number() {
        return 3;
    }

    @Override
    public String title() {
        return "A balancer over several app servers";
    }

    @Override
    public String story() {
        return "Three app servers behind a load balancer, login sessions in Redis. One server is killed and comes back,"
                + " then becomes slow; another hangs. Requests go to the others.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public void play(StageRun run) throws Exception {
        Database database = Database.create(run.town().postgres().node("a"), "balanced");
        Schema.populate(database.connect(), run.people());
        AppConfig app = AppConfig.named("app-1")
                .database(database.url())
                .loginsIn(run.town().redis().uri());
        List<ServerProcess> apps = run.start(app, app.renamed("app-2"), app.renamed("app-3"));
        ServerProcess victim = apps.get(1);
        URI address = victim.await();
        LoadBalancer<URI> balancer = run.open(Gateway.balancer("apps", apps, run.observer()));
        run.exhibit().servers("", balancer, apps, Databases.id("main", "a"));
        new Databases(run).alone("main", run.town().postgres().node("a"), List.of("main"));
        Gateway.plotRequests(run, apps);
        Spell health = new Spell(run, apps);
        run.unseen(0.05, health::begin);
        run.unseen(0.19, health::end);
        run.kill(0.2, "app-2 (kill -9)", victim::kill9);
        run.then(0.35, "app-2 is started again", () -> {
            run.awaitEvent("endpoint.ejected", 0);
            victim.launch();
            victim.await();
            Gateway.awaitTrust(balancer, victim.name());
        });
        ServerProcess hanging = apps.get(2);
        Spell hang = new Spell(run, apps);
        run.fault(0.5, "app-3 hangs (SIGSTOP)", () -> {
            hanging.suspend();
            hang.begin();
        });
        run.then(0.65, "app-3 goes on (SIGCONT)", () -> {
            hang.end();
            hanging.resume();
        });
        ServerProcess slow = apps.get(0);
        Spell slowness = new Spell(run, apps);
        run.fault(0.75, "app-1 is slow (200 ms more for each request, or 20 times what one takes)", () -> {
            long delay = (long)
                    Math.min(MOST_DELAY_MILLIS, Math.max(LEAST_DELAY_MILLIS, DELAY_FACTOR * health.meanMillis()));
            slow.order("slow", Long.toString(delay));
            slowness.begin();
        });
        run.then(0.95, "app-1 is well again", () -> {
            slowness.end();
            slow.order("slow", "0");
        });
        run.load(Gateway.through(balancer), Database.truth(database));
        run.claim(
                "the dead server was taken out",
                run.events("endpoint.ejected") > 0,
                run.events("endpoint.ejected") + " ejections");
        run.claim("the restarted server works again", run.servedBy(address) > 0, run.servedBy(address) + " requests");
        run.claim(
                "while a server hangs the others serve",
                hang.stuck() < MOST_STUCK * hang.sent() && hang.rate() > LEAST_RATE * health.rate(),
                String.format(
                        Locale.ROOT,
                        "of %d requests %d waited for it; %.0f answers a second, %.0f while all were well",
                        hang.sent(),
                        hang.stuck(),
                        hang.rate(),
                        health.rate()));
        run.claim(
                "a slow server is given little",
                slowness.share(slow) < MOST_OF_ITS_SHARE / apps.size(),
                String.format(
                        Locale.ROOT,
                        "%.0f %% of the requests, of which a third would be its share; before, an answer took %.1f ms",
                        100 * slowness.share(slow),
                        health.meanMillis()));
    }
}
