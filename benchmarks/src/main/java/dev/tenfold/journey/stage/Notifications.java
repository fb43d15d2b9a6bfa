package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Schema;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.record.Chart;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/** Stage 8: people are told of their followers through a queue, whose consumer fails, and whose process is killed. */
final class Notifications implements Stage {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final String REFUSED = "tenfold.queue.refused{queue=mail}";

    @Override
    public int number() {
        return 8;
    }

    @Override
    public String title() {
        return "A queue for notifications";
    }

    @Override
    public String story() {
        return "Following somebody leaves an event in an outbox, in the same transaction. A notifier relays it to a queue;"
                + " its consumer fails at every fifth event, and some mailboxes refuse everything. All mail hangs until the queue is"
                + " full; then the notifier is killed.";
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public void play(StageRun run) throws Exception {
        Database database = Database.create(run.town().postgres().node("a"), "notifications");
        Schema.populate(database.connect(), run.people());
        AppConfig app = AppConfig.named("app-1")
                .database(database.url())
                .loginsIn(run.town().redis().uri())
                .announcing();
        List<ServerProcess> apps = run.start(app, app.renamed("app-2"));
        LoadBalancer<URI> balancer = run.open(Gateway.balancer("apps", apps, run.observer()));
        ServerProcess notifier = run.startNotifier(AppConfig.named("notifier")
                .database(database.url())
                .queueIn(run.town().newFolder("queue")));
        run.exhibit().servers("", balancer, apps, Databases.id("main", "a"));
        new Databases(run).alone("main", run.town().postgres().node("a"), List.of("main"), "exchange-events");
        run.exhibit().queues(notifier);
        plot(run, database.connect());
        run.fault(0.05, "poison: every fourth mailbox refuses whatever comes, as it has from the beginning", () -> {});
        run.fault(0.1, "all mailboxes hang", () -> notifier.order("hang", "true"));
        run.then(0.3, "the queue is full, and the mailboxes answer again", () -> {
            awaitFull(run);
            notifier.order("hang", "false");
        });
        run.kill(0.5, "the notifier with its queue (kill -9)", notifier::kill9);
        run.then(0.6, "the notifier is started again, and finds its queue on disk", () -> {
            notifier.launch();
            notifier.await();
        });
        run.load(Gateway.through(balancer), Database.truth(database));
        judge(run, database.connect());
    }

    private static void judge(StageRun run, DataSource database) throws SQLException {
        Set<String> due = run.ledger().acknowledgedWrites("follow/");
        Set<String> told = new HashSet<>();
        Set<String> dead = new HashSet<>();
        Set<String> missing = new HashSet<>(due);
        long waiting = Schema.waiting(database);
        int settled = -1;
        // For as long as there is progress.
        for (long end = deadline(); System.nanoTime() - end < 0 && (waiting > 0 || !missing.isEmpty()); ) {
            waiting = Schema.waiting(database);
            told.addAll(Schema.events(database, "notification"));
            dead.addAll(Schema.events(database, "undeliverable"));
            missing.removeAll(told);
            missing.removeAll(dead);
            if (told.size() + dead.size() > settled) {
                settled = told.size() + dead.size();
                end = deadline();
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        run.refresh();
        run.claim(
                "every acknowledged follow is announced",
                missing.isEmpty() && waiting == 0,
                told.size() + " told and " + dead.size() + " undeliverable, of " + due.size() + " acknowledged; "
                        + missing.size() + " missing, " + waiting + " left in the outbox");
        Set<String> invented = new HashSet<>(told);
        invented.addAll(dead);
        Schema.writes(database).forEach(invented::remove);
        run.claim(
                "nothing is announced that was not committed",
                invented.isEmpty(),
                invented.size() + " announced without being there");
        double refused = run.counted(REFUSED);
        run.claim(
                "what a full queue refuses waits in the outbox",
                refused > 0 && missing.isEmpty(),
                String.format(Locale.ROOT, "refused %.0f times, and announced later", refused));
        run.claim(
                "only poison becomes a dead letter",
                !dead.isEmpty()
                        && dead.stream().allMatch(Notifications::isPoison)
                        && told.stream().noneMatch(Notifications::isPoison),
                dead.size() + " dead letters");
        run.remark(String.format(
                Locale.ROOT, "%.0f attempts failed and were retried or given up", run.counted("tenfold.queue.failed")));
    }

    private static long deadline() {
        return System.nanoTime() + PATIENCE.toNanos();
    }

    private static void awaitFull(StageRun run) {
        long end = deadline();
        while (run.counted(REFUSED) == 0) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("the queue was not full after " + PATIENCE.toSeconds() + " s");
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private static void plot(StageRun run, DataSource database) {
        for (String state : List.of("ready", "delayed", "unsettled")) {
            run.plot(Chart.QUEUE_DEPTH, state, () -> run.highest("tenfold.queue." + state + "{queue=mail}"));
        }
        run.plot(Chart.QUEUE_DEPTH, "outbox", () -> waiting(database));
        run.plot(Chart.REDELIVERIES, "failed attempts", () -> run.counted("tenfold.queue.failed{queue=mail}"));
        run.plot(Chart.REDELIVERIES, "refused: full", () -> run.counted(REFUSED));
        run.plot(Chart.REDELIVERIES, "dead letters", () -> run.counted("tenfold.queue.deadlettered{queue=mail}"));
    }

    /** A database that is down has no number. */
    private static double waiting(DataSource database) {
        try {
            return Schema.waiting(database);
        } catch (SQLException down) {
            return Double.NaN;
        }
    }

    private static boolean isPoison(String event) {
        return Schema.refusesMail(Long.parseLong(event.substring(event.indexOf('-') + 1)));
    }
}
