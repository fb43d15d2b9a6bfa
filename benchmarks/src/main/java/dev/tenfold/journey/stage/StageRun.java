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
import dev.tenfold.journey.load.Person;
import dev.tenfold.journey.load.Site;
import dev.tenfold.journey.load.Tally;
import dev.tenfold.journey.load.Workload;
import dev.tenfold.journey.report.Narrator;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One stage while it plays: collects its servers and faults, drives the load, and checks what was promised. Used by one
 * thread; faults run on another, one after the other.
 */
public final class StageRun implements AutoCloseable {

    private static final int WORKERS = 96;
    private static final int DOORS = 8;
    private static final int ENTER_ATTEMPTS = 5;
    private static final long TICK_NANOS = 1_000_000_000;
    private static final int FAULT_PATIENCE_SECONDS = 60;
    /** How long to wait for a server's figures, while the load runs and when they must not be missed. */
    private static final Duration BRIEF = Duration.ofMillis(200);

    private static final Duration THOROUGH = Duration.ofSeconds(5);
    /** How long the load may go on beyond its time, where the operator is slow on a slow machine. */
    private static final Duration LONGEST_OVERTIME = Duration.ofSeconds(60);

    /** How long it goes on after the last act at least. */
    private static final Duration AFTERMATH = Duration.ofMillis(1500);

    private static final String QUERIES = "app.database.queries";

    private final Stage stage;
    private final Town town;
    private final Pace pace;
    private final Narrator narrator;
    private final TimeSource time = TimeSource.system();
    private final Parts parts = new Parts();
    private final EventLog events;
    private final Crowd crowd;
    private final Ledger ledger = new Ledger();
    private final Tally tally = new Tally();
    private final Latencies latencies = new Latencies();
    private final Scraper scraper = new Scraper();
    private final List<URI> servers = new ArrayList<>();
    private final List<Act> acts = new ArrayList<>();
    private final List<String> killed = new ArrayList<>();
    private final List<Claim> claims = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private Ledger.@Nullable Audit audit;
    private Latencies.@Nullable Summary total;
    private double queriesBefore;

    /** When the last act had been played, and a little later; in the far future before. */
    private volatile long settledAt;

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

    private record Act(double at, String announcement, Action action) {}

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
        List<ServerProcess> processes = new ArrayList<>();
        for (AppConfig config : configs) {
            processes.add(launch(AppServer.class, config));
        }
        for (ServerProcess process : processes) {
            servers.add(process.await());
        }
        return processes;
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
        acts.add(new Act(at, "✖ killed: " + what, () -> {
            scrapeAll(BRIEF);
            killed.add(what);
            action.run();
        }));
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
        acts.add(new Act(at, "▶ " + announcement, action));
        return this;
    }

    /**
     * Lets the users in, plays the faults, waits until all is quiet, and compares the ledger with the truth.
     *
     * @param site the users' way to the application
     * @param truth reads the databases at the end
     * @throws Exception if a fault could not be played, or the truth not be read
     */
    public void load(Site site, Ledger.Truth truth) throws Exception {
        warmUp(site);
        scrapeAll(THOROUGH);
        queriesBefore = scraper.total(QUERIES);
        events.beginTelling();
        Workload workload = new Workload(crowd, site, ledger, tally, latencies, time, pace.seed());
        OpenLoop loop = new OpenLoop(
                pace.rate(),
                pace.length(),
                pace.length().plus(LONGEST_OVERTIME),
                () -> time.nanoTime() - settledAt >= 0,
                time,
                LockSupport::parkNanos);
        ExecutorService operator = Executors.newSingleThreadExecutor();
        ExecutorService users = Executors.newSingleThreadExecutor();
        try {
            watch(
                    users.submit(() -> {
                        loop.run(WORKERS, workload);
                        return null;
                    }),
                    operator);
        } finally {
            users.shutdownNow();
            operator.shutdownNow();
        }
        narrator.flush();
        scrapeAll(THOROUGH);
        total = latencies.total();
        audit = ledger.audit(crowd, truth);
    }

    /** Everybody logs in and looks around, before anything is counted: a server is slow at its first steps. */
    private void warmUp(Site site) throws Exception {
        BlockingQueue<Person> waiting = new LinkedBlockingQueue<>(crowd.people());
        ExecutorService doors = Executors.newFixedThreadPool(DOORS);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < DOORS; i++) {
                all.add(doors.submit(() -> {
                    for (Person person = waiting.poll(); person != null; person = waiting.poll()) {
                        enter(site, new Site.Ask("POST", "/login/" + person.id(), "", person));
                        enter(site, new Site.Ask("GET", "/timeline", "", person));
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        } finally {
            doors.shutdownNow();
        }
    }

    /** Nothing is broken yet, so a few attempts must do. */
    private static void enter(Site site, Site.Ask ask) throws Exception {
        for (int attempt = 1; ; attempt++) {
            Site.Answer answer = site.send(ask);
            if (answer.isGood()) {
                return;
            }
            if (attempt == ENTER_ATTEMPTS) {
                throw new IllegalStateException(
                        "before the load: " + ask.method() + " " + ask.path() + " was answered " + answer);
            }
        }
    }

    /**
     * Says a line a second, and hands each act to the operator when its time has come. The load goes on until the last act
     * has been played and had a little time to show.
     */
    private void watch(Future<?> load, ExecutorService operator) throws Exception {
        long start = time.nanoTime();
        long length = pace.length().toNanos();
        settledAt = acts.isEmpty() ? start : start + length + LONGEST_OVERTIME.toNanos();
        AtomicInteger left = new AtomicInteger(acts.size());
        List<Act> waiting = new ArrayList<>(acts);
        waiting.sort(Comparator.comparingDouble(Act::at));
        List<Future<?>> played = new ArrayList<>();
        for (long second = 1; !load.isDone(); ) {
            long now = time.nanoTime() - start;
            while (!waiting.isEmpty() && waiting.get(0).at() * length <= now) {
                Act act = waiting.remove(0);
                played.add(operator.submit(() -> {
                    narrator.note(act.announcement());
                    act.action().run();
                    if (left.decrementAndGet() == 0) {
                        settledAt = time.nanoTime() + AFTERMATH.toNanos();
                    }
                    return null;
                }));
            }
            if (second * TICK_NANOS <= now) {
                tick(second++);
            }
            LockSupport.parkNanos(10_000_000);
        }
        try {
            load.get();
            for (Future<?> act : played) {
                act.get(FAULT_PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
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
        parts.close();
    }
}
