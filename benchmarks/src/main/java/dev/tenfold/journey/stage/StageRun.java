package dev.tenfold.journey.stage;

import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.AppServer;
import dev.tenfold.journey.app.NotifierServer;
import dev.tenfold.journey.app.Parts;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.env.Town;
import dev.tenfold.journey.live.Board;
import dev.tenfold.journey.load.Crowd;
import dev.tenfold.journey.load.Latencies;
import dev.tenfold.journey.load.Ledger;
import dev.tenfold.journey.load.OpenLoop;
import dev.tenfold.journey.load.PatientSite;
import dev.tenfold.journey.load.Person;
import dev.tenfold.journey.load.Site;
import dev.tenfold.journey.load.Tally;
import dev.tenfold.journey.load.Workload;
import dev.tenfold.journey.record.Chart;
import dev.tenfold.journey.record.Cost;
import dev.tenfold.journey.record.Recorder;
import dev.tenfold.journey.record.Recording;
import dev.tenfold.journey.report.Narrator;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.TimeSource;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One stage while it plays: collects its servers and faults, drives the load, and checks what was promised. Used by the
 * thread of the journey, and by the operator's while that one waits.
 */
public final class StageRun implements AutoCloseable {

    private static final int WORKERS = 160;
    /** How often the figures are read; every second time a line is said. */
    private static final double SLICE_SECONDS = 0.5;

    /** How often and when a browser asks again: for about five seconds. */
    private static final Backoff PATIENCE = Backoff.exponential(Duration.ofMillis(50), Duration.ofMillis(500))
            .jitter(0.5)
            .attempts(12);

    private static final long GLANCE_NANOS = 10_000_000;
    /** How long to wait for a server's figures, while the load runs, when they are compared and when they must not be missed. */
    private static final Duration BRIEF = Duration.ofMillis(200);

    private static final Duration PATIENT = Duration.ofSeconds(2);
    private static final Duration THOROUGH = Duration.ofSeconds(5);
    /** How long the load may go on beyond its time, where the operator is slow on a slow machine. */
    private static final Duration LONGEST_OVERTIME = Duration.ofSeconds(60);

    /** How long what must come is waited for, on a slow machine. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private static final String QUERIES = "app.database.queries";

    private final Stage stage;
    private final Town town;
    private final Pace pace;
    private final Narrator narrator;
    private final TimeSource time = TimeSource.system();
    private final Parts parts = new Parts();
    private final Recorder recorder = new Recorder(time);
    private final EventLog events;
    private final Operator operator;
    private final Fleet fleet;
    private final Exhibit exhibit;
    private final Crowd crowd;
    private final Ledger ledger = new Ledger();
    private final Tally tally = new Tally();
    private final Latencies latencies = new Latencies();
    private final List<String> broken = new ArrayList<>();
    private final List<Claim> claims = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private Ledger.@Nullable Audit audit;
    private Latencies.@Nullable Summary total;
    private Cost cost = new Cost(0, Map.of());
    private double queriesBefore;
    private long failedBefore;

    /**
     * Begins a stage.
     *
     * @param stage what is played
     * @param town where
     * @param pace how hard, at this stage
     * @param board where the parts are shown
     */
    public StageRun(Stage stage, Town town, Pace pace, Board board) {
        this.stage = stage;
        this.town = town;
        this.pace = pace;
        this.narrator = town.narrator();
        this.events = new EventLog(narrator, recorder);
        this.operator = parts.add(new Operator(narrator, time));
        this.fleet = new Fleet(events);
        this.crowd = new Crowd(pace.people());
        this.exhibit = new Exhibit(this, fleet, board, pace.live());
        board.clear();
        board.workedBy((announcement, action) -> {
            recorder.mark(Recording.Kind.ACT, "", announcement);
            operator.actNow(
                    "▶ " + announcement,
                    action::run,
                    outcome -> recorder.mark(Recording.Kind.REACTION, "", announcement + outcome),
                    why -> recorder.mark(Recording.Kind.FAULT, "", announcement + " could not be done: " + why));
        });
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

    Exhibit exhibit() {
        return exhibit;
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
            started.add(fleet.launch(AppServer.class, config));
        }
        for (ServerProcess process : started) {
            process.await();
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
        ServerProcess process = fleet.launch(NotifierServer.class, config);
        process.await();
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
     * Kills something during the load.
     *
     * @param at when, as a share of the load's length
     * @param what the victim, as it stands in the table
     * @param action kills it
     * @return this
     */
    public StageRun kill(double at, String what, Act action) {
        return plan(at, "✖ killed: " + what, what, action);
    }

    /**
     * Breaks something during the load in another way than killing it.
     *
     * @param at when, as a share of the load's length
     * @param what the fault, as it stands in the table
     * @param action does it
     * @return this
     */
    public StageRun fault(double at, String what, Act action) {
        return plan(at, "✖ " + what, what, action);
    }

    /**
     * Does something else during the load.
     *
     * @param at when, as a share of the load's length
     * @param announcement what it is
     * @param action does it
     * @return this
     */
    public StageRun then(double at, String announcement, Act action) {
        return plan(at, "▶ " + announcement, "", action);
    }

    /**
     * Does something during the load that nobody but the one who measures takes note of.
     *
     * @param at when, as a share of the load's length
     * @param action does it
     */
    void unseen(double at, Act action) {
        if (!pace.live()) {
            operator.plan(at, "", action);
        }
    }

    /**
     * Waits, for half a minute at most, until something has happened more often than so many times; whether it has is for a
     * claim to say.
     *
     * @param kind an event's kind
     * @param before how often it had happened before
     */
    void awaitEvent(String kind, long before) {
        awaitSign(() -> events(kind) > before);
    }

    /**
     * Waits, for half a minute at most, until something shows; whether it does is for a claim to say.
     *
     * @param sign looked for again and again
     */
    void awaitSign(BooleanSupplier sign) {
        long end = time.nanoTime() + LONGEST_WAIT.toNanos();
        while (!sign.getAsBoolean() && time.nanoTime() - end < 0) {
            LockSupport.parkNanos(GLANCE_NANOS);
        }
    }

    private StageRun plan(double at, String announcement, String fault, Act action) {
        if (pace.live()) {
            return this; // the visitor does it
        }
        operator.plan(at, announcement, () -> {
            if (!fault.isEmpty()) {
                fleet.look(BRIEF);
                broken.add(fault);
            }
            recorder.mark(fault.isEmpty() ? Recording.Kind.ACT : Recording.Kind.FAULT, "", announcement.substring(2));
            action.run();
        });
        return this;
    }

    /**
     * Asks for a number to be drawn over the time of the load.
     *
     * @param chart what it is drawn together with
     * @param name which one it is in there
     * @param value reads it
     */
    void plot(Chart chart, String name, DoubleSupplier value) {
        recorder.plot(chart, name, value);
    }

    /** Draws how fast a number grows. */
    void plotRate(Chart chart, String name, DoubleSupplier value) {
        recorder.plot(chart, name, new Rate(value, time));
    }

    /**
     * Notes how something fell to several parts.
     *
     * @param chart what it is drawn together with
     * @param name whose it is
     * @param parts how much by part, in order
     */
    void share(Chart chart, String name, Map<String, Double> parts) {
        recorder.share(chart, name, parts);
    }

    /**
     * Lets the users in, plays the faults, waits until all is quiet, and compares the ledger with the truth. A browser that
     * is told to come back, or gets no answer, asks again for some seconds.
     *
     * @param site the users' way to the application
     * @param truth reads the databases at the end
     * @throws VisitOver at the end of a live view
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
        fleet.look(THOROUGH);
        queriesBefore = fleet.total(QUERIES);
        Workload workload = new Workload(crowd, site, ledger, tally, latencies, time, pace.seed());
        OpenLoop loop = new OpenLoop(
                pace.rate(),
                pace.length(),
                pace.length().plus(pace.live() ? Duration.ZERO : LONGEST_OVERTIME),
                operator::isSettled,
                time,
                LockSupport::parkNanos);
        events.beginTelling();
        recorder.begin();
        fleet.begin();
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
        if (pace.live()) {
            throw new VisitOver();
        }
        fleet.look(THOROUGH);
        slice();
        total = latencies.total();
        cost = new Cost(total.count(), fleet.cpuSeconds());
        audit = ledger.audit(crowd, truth);
    }

    /** Says a line a second, and reminds the operator, until the last user has gone. */
    private void watch(Future<?> load) throws Exception {
        double sliced = 0;
        double said = 0;
        while (!load.isDone()) {
            operator.playDue();
            if (recorder.now() - sliced >= SLICE_SECONDS) {
                fleet.look(BRIEF);
                Latencies.Summary last = slice();
                double now = recorder.now();
                exhibit.publish(stage, last, last.count() / (now - sliced), recorder, tally);
                sliced = now;
                if (now - said >= 2 * SLICE_SECONDS) {
                    say(now, now - said);
                    said = now;
                }
            }
            LockSupport.parkNanos(GLANCE_NANOS);
        }
        try {
            load.get();
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        }
    }

    private Latencies.Summary slice() {
        Latencies.Summary last = latencies.interval();
        long failed = tally.failed();
        recorder.slice(last.count(), failed - failedBefore, last.p50(), last.p99());
        recorder.sample();
        failedBefore = failed;
        return last;
    }

    private void say(double now, double seconds) {
        Latencies.Summary lap = latencies.lap();
        narrator.tick(String.format(
                Locale.ROOT,
                "%6.0f s %5.0f/s  p50 %6.1f ms  p99 %7.1f ms  failed %d",
                now,
                lap.count() / seconds,
                lap.p50(),
                lap.p99(),
                tally.failed()));
    }

    /** Reads the servers' figures now, to be compared with those of another time. */
    void look() {
        fleet.look(PATIENT);
    }

    /** Reads the servers' figures again, where something went on after the load. */
    public void refresh() {
        fleet.look(THOROUGH);
        recorder.sample();
    }

    /**
     * Returns how much a counter of the servers has grown during the stage.
     *
     * @param name the metric, summed over its tags, or with the tags of one: {@code name{tag=value}}
     * @return the sum over all servers
     */
    public double counted(String name) {
        return fleet.total(name);
    }

    double highest(String gauge) {
        return fleet.highest(gauge);
    }

    /**
     * Returns how many requests a server has served in its present life.
     *
     * @param server its address
     * @return requests of people
     */
    public long servedBy(URI server) {
        return (long) fleet.now(server, "app.requests");
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
                pace,
                tally.requests(),
                tally.failed(),
                total,
                tally.longestGapMillis(),
                (long) (fleet.total(QUERIES) - queriesBefore),
                broken,
                audit,
                all,
                remarks,
                recorder.recording(tally, cost));
    }

    @Override
    public void close() {
        events.endTelling();
        try {
            fleet.close();
        } finally {
            parts.close();
        }
    }
}
