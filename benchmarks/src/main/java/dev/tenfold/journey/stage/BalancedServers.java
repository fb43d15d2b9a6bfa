package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Stage 3: several application servers behind a balancer, and login sessions in Redis. */
final class BalancedServers implements Stage {

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
        return "Three app servers behind a load balancer, login sessions in Redis. One server is killed and comes back;"
                + " requests go to the others, and nobody notices.";
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
        run.kill(0.3, "app-2 (kill -9)", victim::kill9);
        run.then(0.5, "app-2 is started again", () -> {
            victim.launch();
            victim.await();
        });
        run.load(Gateway.through(balancer), Database.truth(database));
        run.claim(
                "the dead server was taken out",
                run.events("endpoint.ejected") > 0,
                run.events("endpoint.ejected") + " ejections");
        run.claim("the restarted server works again", run.servedBy(address) > 0, run.servedBy(address) + " requests");
    }
}
