package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import dev.tenfold.RequestPath;
import dev.tenfold.RequestPath.Builder.RegionHedge;
import dev.tenfold.Tenfold;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.benchmarks.whole.WholeSystem.Guard;
import dev.tenfold.cache.edge.EdgeNetwork;
import dev.tenfold.cache.edge.EdgeSite;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.locality.DataCentres;
import dev.tenfold.locality.Region;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The way of requests to the processes: edges, two regions with two places for a process each, retries and hedges. It is on
 * machines of its own, which stay up; edges go down and come back.
 *
 * <p>Checks (5) that each request ends in time, (7) that no page is older than an edge may serve it, (8) that what may be done
 * once only is, and (9) that no more is sent than the budgets allow.
 */
final class Front {

    static final String PLACE = "front";
    static final Duration WITHIN = Duration.ofMillis(3_500);
    static final List<Coordinates> CLIENTS = List.of(Coordinates.of(48.1, 11.6), Coordinates.of(39.9, -75.2));

    private static final Coordinates FRANKFURT = Coordinates.of(50.1, 8.6);
    private static final Coordinates AMSTERDAM = Coordinates.of(52.3, 4.8);
    private static final Coordinates NEW_YORK = Coordinates.of(40.7, -74.0);
    private static final Duration ATTEMPT = Duration.ofMillis(1_800);
    private static final Duration FRESH = Duration.ofMillis(800);
    private static final Duration WHILE_REVALIDATING = Duration.ofMillis(400);
    private static final Duration IF_ERROR = Duration.ofSeconds(2);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(300);
    /** Who waits for another's fetch sees within this that it failed. */
    private static final Duration NOTICE = Duration.ofMillis(20);

    private static final double RATIO = 0.2;
    private static final int RESERVE = 10;

    /** Where a process may be. */
    static final class Place {
        final String name;

        @Nullable
        AppProcess process;

        Place(String name) {
            this.name = name;
        }
    }

    private final WholeSystem system;
    private final Clock clock;
    private final Executor executor;
    private final List<Place> places =
            List.of(new Place("eu-1"), new Place("us-1"), new Place("eu-2"), new Place("us-2"));
    /** One for the path, one for the balancers' retries, one for their hedges, one for the next region. */
    private final List<RetryBudget> budgets = List.of(
            RetryBudget.of(RATIO, RESERVE),
            RetryBudget.of(RATIO, RESERVE),
            RetryBudget.of(RATIO, RESERVE),
            RetryBudget.of(RATIO, RESERVE));

    private final EdgeNetwork<Ask, Answer> edges;
    private final RequestPath<Ask, Answer> path;
    private final Map<String, Long> purged = new HashMap<>();
    private final Map<String, Long> failed = new HashMap<>();
    private long asked;
    private long sent;
    private long answered;

    Front(WholeSystem system) {
        this.system = system;
        clock = system.world.clock(0, 1);
        // An attempt that was overtaken is interrupted; whatever its thread does next must not be.
        executor = task -> clock.schedule(Duration.ZERO, () -> {
            try {
                task.run();
            } finally {
                var unused = Thread.interrupted();
            }
        });
        edges = EdgeNetwork.<Ask, Answer>builder("edges")
                .edge("fra", FRANKFURT)
                .edge("ams", AMSTERDAM)
                .edge("nyc", NEW_YORK)
                .shield("ams")
                .expireAfterWrite(FRESH)
                .staleWhileRevalidate(WHILE_REVALIDATING)
                .staleIfError(IF_ERROR)
                .retryAfterFailure(PAUSE_AFTER_FAILURE)
                .collapseTimeout(Duration.ofMillis(700))
                .executor(executor)
                .scheduler(clock)
                .time(clock)
                .observer(Observer.none())
                .build();
        DataCentres<Place> world = DataCentres.<Place>builder("world")
                .region("eu", FRANKFURT, balancer("eu", 0))
                .region("us", NEW_YORK, balancer("us", 1))
                .minimumHealthyShare(0.4)
                .gradualReturn(Duration.ofSeconds(2))
                .random(chance())
                .time(clock)
                .observer(Observer.none())
                .build();
        boolean careful = system.has(Guard.SAFE);
        path = Tenfold.<Ask, Answer>requestPath("front")
                .<Place>toDataCentres(world)
                .calling((Place place, Ask ask, Deadline deadline) -> send(place, ask, deadline))
                .classifying(Answer::outcome)
                .within(WITHIN)
                .time(clock)
                .throughEdge(this::throughEdge)
                .retrying(3, ask -> !careful || ask.isSafe())
                .retryBudget(budgets.get(0))
                .hedgingToNextRegion(
                        new RegionHedge(Duration.ofMillis(250), budgets.get(3), executor, clock),
                        place -> world.ranked(place).stream()
                                .map(Region::balancer)
                                .toList(),
                        ask -> !careful || ask.isSafe())
                .hedgingAfter(Duration.ofMillis(120), ask -> !careful || ask.isSafe())
                .build();
    }

    private RandomGenerator chance() {
        return Chance.seeded(system.random.nextLong());
    }

    private LoadBalancer<Place> balancer(String region, int first) {
        return LoadBalancer.<Place>builder(region)
                .endpoints(List.of(
                        Endpoint.of(places.get(first).name, places.get(first)),
                        Endpoint.of(places.get(first + 2).name, places.get(first + 2))))
                .retryBudget(budgets.get(1))
                .hedgeBudget(budgets.get(2))
                .hedgeExecutor(executor)
                .scheduler(clock)
                .time(clock)
                .random(chance())
                .observer(Observer.none())
                .build();
    }

    // --- processes come and go

    void attach(AppProcess process) {
        for (Place place : places) {
            if (place.process == null) {
                place.process = process;
                return;
            }
        }
        throw new IllegalStateException("more processes than places");
    }

    void detach(AppProcess process) {
        places.forEach(place -> place.process = place.process == process ? null : place.process);
    }

    void takeDown(int edge) {
        EdgeSite<Ask, Answer> site = edges.edges().get(edge);
        if (site.isUp()) {
            system.note(() -> site + " goes down");
            site.down();
            system.tally.fault("edge down");
            system.world.step(
                    (200 + system.random.nextInt(3_000)) * MILLI,
                    () -> system.world.schedule(0, () -> {
                        system.note(() -> site + " comes back");
                        site.up();
                    }));
        }
    }

    void allUp() {
        edges.edges().forEach(EdgeSite::up);
    }

    // --- requests

    /** Answers somebody's request, or throws what the path throws. */
    Answer handle(Coordinates client, Ask ask) {
        long began = system.world.now();
        asked++;
        try {
            return path.handle(client, ask);
        } finally {
            long nanos = system.world.now() - began;
            system.tally.longestRequest = Math.max(system.tally.longestRequest, nanos);
            system.require(
                    Promise.IN_TIME,
                    nanos <= WITHIN.toNanos() + 100 * MILLI,
                    () -> "" + ask + " took " + nanos / MILLI + " ms");
        }
    }

    /** Answers with a page, which may come from an edge; checks that it is not older than it may be. */
    Answer page(Coordinates client, String key) {
        long began = system.world.now();
        long purgedAt = purged.getOrDefault(key, 0L);
        Answer page = handle(client, Ask.page(key));
        long age = began - page.born();
        system.require(
                Promise.EDGES,
                page.born() >= purgedAt,
                () -> "an edge answers " + key + " = " + page.value() + " as it was asked for at " + page.born() / MILLI
                        + " ms, though it was purged at " + purgedAt / MILLI + " ms");
        boolean hasFailed = failed.getOrDefault(key, Long.MIN_VALUE / 2)
                >= began - PAUSE_AFTER_FAILURE.plus(NOTICE).toNanos();
        Duration limit = FRESH.plus(hasFailed ? IF_ERROR : WHILE_REVALIDATING);
        system.require(
                Promise.EDGES,
                age <= limit.toNanos(),
                () -> "an edge answers " + key + " = " + page.value() + " after " + age / MILLI + " ms, more than "
                        + limit);
        system.tally.pages++;
        system.tally.copiesOfEdges += age > 0 ? 1 : 0;
        system.tally.stalePages += age > FRESH.toNanos() ? 1 : 0;
        return page;
    }

    /** Drops the copies of what has changed. */
    void purge(String key) {
        purged.put(key, system.world.now());
        if (system.has(Guard.PURGE)) {
            edges.purge(Ask.page(key));
        }
    }

    private Answer throughEdge(Coordinates client, Ask ask, Function<? super Ask, ? extends Answer> origin) {
        return ask.isPage() ? edges.serve(client, ask, missing -> fetch(missing, origin)) : origin.apply(ask);
    }

    private Answer fetch(Ask ask, Function<? super Ask, ? extends Answer> origin) {
        long born = system.world.now();
        try {
            Answer answer = origin.apply(ask);
            TenfoldException none = answer.failure();
            if (none != null) {
                throw none;
            }
            return answer.bornAt(born);
        } catch (RuntimeException failure) {
            failed.put(ask.key(), system.world.now());
            throw failure;
        }
    }

    /** One attempt. Who is asked may stand still or die, so that it answers late or never. */
    private Answer send(Place place, Ask ask, Deadline deadline) throws Exception {
        sent++;
        clock.sleep(system.network.delay());
        AppProcess process = place.process;
        if (process == null) {
            throw new ConnectException(place.name + " refuses");
        }
        return send(process, ask, deadline);
    }

    private Answer send(AppProcess process, Ask ask, Deadline deadline) throws Exception {
        Reply<Answer> reply = new Reply<>(clock);
        system.network.send(
                PLACE,
                process.name,
                () -> process.receive(
                        ask, answer -> system.network.send(process.name, PLACE, () -> reply.complete(answer))));
        try {
            Answer answer = reply.get(Math.min(ATTEMPT.toNanos(), deadline.remainingNanos()), TimeUnit.NANOSECONDS);
            answered += answer.outcome() == Outcome.SUCCESS ? 1 : 0;
            return answer;
        } catch (TimeoutException late) {
            throw new SocketTimeoutException(process.name + " is silent");
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Each retry and hedge takes from one of the budgets, and each success gives at most once to each. */
    void check() {
        double allowed = asked + budgets.size() * (RESERVE + RATIO * answered);
        system.require(Promise.BUDGETS, sent <= allowed, () -> asked + " requests were sent " + sent + " times");
        system.tally.requests += asked;
        system.tally.attempts += sent;
    }
}
