package dev.tenfold.journey.stage;

import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.load.Browser;
import dev.tenfold.replication.testing.PostgresNode;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Stage 1: the application and its database on one machine, which loses power. */
final class OneServer implements Stage {

    @Override
    public int number() {
        return 1;
    }

    @Override
    public String title() {
        return "One server, everything in it";
    }

    @Override
    public String story() {
        return "The application and its PostgreSQL share a machine. When the machine stops, everything does;"
                + " what was acknowledged must still be there afterwards.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(Promise.NO_LOST_WRITE, Promise.READ_YOUR_WRITES, Promise.NOBODY_LOGGED_OUT);
    }

    @Override
    public void play(StageRun run) throws Exception {
        PostgresNode server = run.town().postgres().node("a");
        Database database = Database.create(server, "one_server");
        Schema.populate(database.connect(), run.people());
        ServerProcess app =
                run.start(AppConfig.named("app").database(database.url())).get(0);
        URI address = app.await();
        Browser browser = Gateway.browser();
        run.exhibit().server(app, Databases.id("main", "a"));
        new Databases(run).alone("main", server, List.of("main"));
        run.kill(0.4, "the only server (app and database, kill -9)", () -> {
            app.kill9();
            server.kill9();
        });
        run.then(0.45, "the server is switched on again", () -> {
            server.start();
            app.launch();
            app.await();
        });
        run.loadImpatiently(ask -> browser.send(address, ask), Database.truth(database));
    }
}
