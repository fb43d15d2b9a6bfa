package dev.tenfold.journey.stage;

import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.AppServer;
import dev.tenfold.journey.app.NotifierServer;
import dev.tenfold.journey.app.Parts;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.env.Town;
import dev.tenfold.journey.load.Crowd;
import dev.tenfold.journey.load.Latencies;
import dev.tenfold.journey.load.Ledger;
import dev.tenfold.journey.load.OpenLoop;
import dev.tenfold.journey.load.PatientSite;
import dev.tenfold.journey.load.Person;
import dev.tenfold.journey.load.Site;
import dev.tenfold.journey.load.Tally;
import dev.tenfold.journey.load.Workload;
import dev.tenfold.journey.report.Narrator;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One stage while it plays: collects its servers and faults, drives the load, and checks what was promised. Used by the
 * thread of the journey, and by the operator's while that one waits.
 */
public final class StageRun implements AutoCloseable {

    private static final int WORKERS = 96;
    private static final long TICK_NANOS = 1_000_000_000;
    /** How often and when a browser asks again: for about five seconds. */
    private static final Backoff PATIENCE = Backoff.exponential(Duration.ofMillis(50), Duration.ofMillis(500))
            .jitter(0.5)
            .attempts(12);

    private static final long GLANCE_NANOS = 10_000_000;
    /** How long to wait for a server's figures, while the load runs and when they must not be missed. */
    private static final Duration BRIEF = Duration.ofMillis(200);

    private static final Duration THOROUGH = Duration.ofSeconds(5);
    /** How long the load may go on beyond its time, where the operator is slow on a slow machine. */
    private static final Duration LONGEST_OVERTIME = Duration.ofSeconds(60);

    private static final String QUERIES = "app.database.queries";

    private final Stage stage;
    private final Town town;
    private final Pace pace;
    private final Narrator narrator;
    private final TimeSource time = TimeSource.system();
    private final Parts parts = new Parts();
    private final EventLog events;
    private final Operator operator;
    private final Crowd crowd;
    private final Ledger ledger = new Ledger();
    private final Tally tally = new Tally();
    private final Latencies latencies = new Latencies();
    private final Scraper scraper = new Scraper();
    private final List<ServerProcess> processes = new ArrayList<>();
    private final List<URI> servers = new ArrayList<>();
    private final List<String> killed = new ArrayList<>();
    private final List<Claim> claims = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private Ledger.@Nullable Audit audit;
    private Latencies.@Nullable Summary total;
    private double queriesBefore;

    /**
     * Prepares a stage.
     *
     * @param stage which one
     * @param town where it plays
     * @param pace how hard it is driven
     */
    public StageRun(Stage stage, Town town, Pace pace) {
        this.stage = stage;
        this.town = town;
        this.pace = pace;
        this.narrator = town.narrator();
        this.events = new EventLog(narrator);
        this.operator = parts.add(new Operator(narrator, time));
        this.crowd = new Crowd(pace.people());
    }

    /** Something an operator, or bad luck, does. */
    @FunctionalInterface
    public interface Action {

        /**
         * Does it.
         *
         * @throws Exception if it cannot be done, which fails the stage
         */
        void run() throws Exception;
    }

    /**
     * Returns where the stage plays.
     *
     * @return the town
     */
    public Town town() {
        return town;
    }

    /**
     * Returns who the users are.
     *
     * @return their numbers, rising from 1
     */
    public List<Long> people() {
        return crowd.people().stream().map(Person::id).toList();
    }

    /**
     * Returns what was acknowledged.
     *
     * @return the ledger of this stage
     */
    public Ledger ledger() {
        return ledger;
    }

    /**
     * Returns what the users saw.
     *
     * @return the tally of this stage
     */
    public Tally tally() {
        return tally;
    }

    /**
     * Adds something that is closed when the stage ends.
     *
     * @param <T> the kind of part
     * @param part what was opened
     * @return the part
     */
    public <T extends AutoCloseable> T open(T part) {
        return parts.add(part);
    }

    /**
     * Starts application servers, all at once, and waits until they serve.
     *
     * @param configs one each
     * @return the processes, which end with the stage
     * @throws Exception if one does not start
     */
    public List<ServerProcess> start(AppConfig... configs) throws Exception {
        List<ServerProcess> started = new ArrayList<>();
        for (AppConfig config : configs) {
            started.add(launch(AppServer.class, config));
        }
        for (ServerProcess process : started) {
            servers.add(process.await());
        }
        return started;
    }

    /**
     * Starts a notifier and waits until it works.
     *
     * @param config how it is wired
     * @return the process, which ends with the stage
     * @throws Exception if it does not start
     */
    public ServerProcess startNotifier(AppConfig config) throws Exception {
        ServerProcess process = launch(NotifierServer.class, config);
        servers.add(process.await());
        return process;
    }

    private ServerProcess launch(Class<?> main, AppConfig config) throws IOException {
        ServerProcess process = parts.add(new ServerProcess(main, config, line -> events.heard(config.name(), line)));
        processes.add(process);
        process.launch();
        return process;
    }

    /**
     * Returns who is to be told what Tenfold does in this process.
     *
     * @return counts and tells
     */
    public Observer observer() {
        return events;
    }

    /**
     * Returns how often something happened, in this process and in the servers.
     *
     * @param kind an event's kind
     * @return a number of events
     */
    public long events(String kind) {
        return events.count(kind);
    }

    /**
     * Breaks something during the load.
     *
     * @param at when, as a share of the load's length
     * @param what the victim, as it stands in the table
     * @param action breaks it
     * @return this
     */
    public StageRun kill(double at, String what, Action action) {
        operator.plan(at, "✖ killed: " + what, () -> {
            scrapeAll(BRIEF);
            killed.add(what);
            action.run();
        });
        return this;
    }

    /**
     * Does something else during the load.
     *
     * @param at when, as a share of the load's length
     * @param announcement what it is
     * @param action does it
     * @return this
     */
    public StageRun then(double at, String announcement, Action action) {
        operator.plan(at, "▶ " + announcement, action);
        return this;
    }

    /**
     * Lets the users in, plays the faults, waits until all is quiet, and compares the ledger with the truth. A browser that
     * is told to come back, or gets no answer, asks again for some seconds.
     *
     * @param site the users' way to the application
     * @param truth reads the databases at the end
     * @throws Exception if a fault could not be played, or the truth not be read
     */
    public void load(Site site, Ledger.Truth truth) throws Exception {
        PatientSite patient = new PatientSite(site, PATIENCE);
        loadImpatiently(patient, truth);
        remark(patient.repeated() + " requests were asked again by the browsers");
    }

    /**
     * Does as {@link #load}, with browsers that ask once.
     *
     * @param site the users' way to the application
     * @param truth reads the databases at the end
     * @throws Exception if a fault could not be played, or the truth not be read
     */
    public void loadImpatiently(Site site, Ledger.Truth truth) throws Exception {
        Entrance.letIn(crowd.people(), site);
        scrapeAll(THOROUGH);
        queriesBefore = scraper.total(QUERIES);
        Workload workload = new Workload(crowd, site, ledger, tally, latencies, time, pace.seed());
        OpenLoop loop = new OpenLoop(
                pace.rate(),
                pace.length(),
                pace.length().plus(LONGEST_OVERTIME),
                operator::isSettled,
                time,
                LockSupport::parkNanos);
        events.beginTelling();
        operator.begin(pace.length());
        ExecutorService users = Executors.newSingleThreadExecutor();
        try {
            watch(users.submit(() -> {
                loop.run(WORKERS, workload);
                return null;
            }));
        } finally {
            users.shutdownNow();
        }
        operator.await();
        narrator.flush();
        scrapeAll(THOROUGH);
        total = latencies.total();
        audit = ledger.audit(crowd, truth);
    }

    /** Says a line a second, and reminds the operator, until the last user has gone. */
    private void watch(Future<?> load) throws Exception {
        long start = time.nanoTime();
        for (long second = 1; !load.isDone(); ) {
            operator.playDue();
            if (time.nanoTime() - start >= second * TICK_NANOS) {
                tick(second++);
            }
            LockSupport.parkNanos(GLANCE_NANOS);
        }
        try {
            load.get();
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        }
    }

    private void tick(long second) {
        scrapeAll(BRIEF);
        Latencies.Summary last = latencies.interval();
        narrator.tick(String.format(
                Locale.ROOT,
                "%6d s %5d/s  p50 %6.1f ms  p99 %7.1f ms  failed %d",
                second,
                last.count(),
                last.p50(),
                last.p99(),
                tally.failed()));
    }

    private synchronized void scrapeAll(Duration patience) {
        servers.forEach(server -> scraper.scrape(server, patience));
    }

    /** Reads the servers' figures again, where something went on after the load. */
    public void refresh() {
        scrapeAll(THOROUGH);
    }

    /**
     * Returns how much a counter of the servers has grown during the stage.
     *
     * @param name the metric, summed over its tags
     * @return the sum over all servers
     */
    public synchronized double counted(String name) {
        return scraper.total(name);
    }

    /**
     * Returns how many requests a server has served in its present life.
     *
     * @param server its address
     * @return requests of people
     */
    public synchronized long servedBy(URI server) {
        return (long) scraper.now(server, "app.requests");
    }

    /**
     * Checks something of this stage's own.
     *
     * @param what the promise
     * @param kept whether it held
     * @param measured what was seen
     */
    public void claim(String what, boolean kept, String measured) {
        claims.add(new Claim(what, kept, measured));
    }

    /**
     * Adds a sentence to the stage's result.
     *
     * @param sentence what was seen
     */
    public void remark(String sentence) {
        remarks.add(sentence);
    }

    /**
     * Returns what came of the stage.
     *
     * @return the figures, and every promise checked
     * @throws IllegalStateException if the stage did not load anything
     */
    public StageResult result() {
        if (audit == null || total == null) {
            throw new IllegalStateException("stage " + stage.number() + " let no users in");
        }
        List<Claim> all = new ArrayList<>();
        for (Promise promise : stage.promises()) {
            Claim claim = promise.check(tally, audit);
            all.add(
                    claim.kept()
                            ? claim
                            : new Claim(claim.what(), false, claim.measured() + "; first: " + tally.samples()));
        }
        all.addAll(claims);
        return new StageResult(
                stage,
                tally.requests(),
                tally.failed(),
                total,
                tally.longestGapMillis(),
                (long) (scraper.total(QUERIES) - queriesBefore),
                killed,
                audit,
                all,
                remarks);
    }

    @Override
    public void close() {
        events.endTelling();
        // All at once: each takes a moment to say goodbye to its databases.
        processes.forEach(ServerProcess::dismiss);
        parts.close();
    }
}
