package dev.tenfold.journey.stage;

import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.load.Browser;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Stage 2: the database on its own machine, so that the application's death is not the data's. */
final class DatabaseApart implements Stage {

    /** A round trip within a data centre. */
    private static final Duration DISTANCE = Duration.ofNanos(300_000);

    @Override
    public int number() {
        return 2;
    }

    @Override
    public String title() {
        return "App and database apart";
    }

    @Override
    public String story() {
        return "The database gets a machine of its own (0.3 ms away: injected). The application keeps no state, so it can"
                + " die and come back while the database goes on.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(Promise.NO_LOST_WRITE, Promise.READ_YOUR_WRITES, Promise.NOBODY_LOGGED_OUT);
    }

    @Override
    public void play(StageRun run) throws Exception {
        Database database = Database.create(run.town().postgres().node("a"), "database_apart");
        Schema.populate(database.connect(), run.people());
        ServerProcess app = run.start(
                        AppConfig.named("app").database(database.url()).distance("main", "a", DISTANCE))
                .get(0);
        URI address = app.await();
        Browser browser = Gateway.browser();
        run.exhibit().server(app, Databases.id("main", "a"));
        new Databases(run).alone("main", run.town().postgres().node("a"), List.of("main"));
        run.kill(0.4, "the app server (kill -9)", app::kill9);
        run.then(0.45, "the app server is started again", () -> {
            app.launch();
            app.await();
        });
        run.loadImpatiently(ask -> browser.send(address, ask), Database.truth(database));
    }
}
