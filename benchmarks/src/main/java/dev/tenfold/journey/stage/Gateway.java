package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.LoadBalancerBuilder;
import dev.tenfold.balance.Policies;
import dev.tenfold.health.CheckSchedule;
import dev.tenfold.health.HealthChecks;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.load.Browser;
import dev.tenfold.journey.load.Site;
import dev.tenfold.journey.record.Chart;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/** What stands between the users and the application servers, as several stages have it. */
final class Gateway {

    /** How long a browser waits for an answer; longer than the application waits for its databases. */
    static final Duration READ = Duration.ofSeconds(6);

    private static final Duration CHECK = Duration.ofMillis(150);
    private static final Duration CHECK_TIMEOUT = Duration.ofMillis(500);
    private static final Duration TRUST = Duration.ofSeconds(20);
    private static final long GLANCE_NANOS = 10_000_000;
    private static final int ATTEMPTS = 4;

    /** A server that is started again is up within a second or two here, so there is no use in waiting long. */
    private static final HealthPolicy QUICK = HealthPolicy.builder()
            .consecutiveFailures(3)
            .ejectionTime(Duration.ofMillis(500), Duration.ofSeconds(1))
            .ejectsLast(true)
            .maximumEjectedShare(1)
            .build();

    private Gateway() {}

    /** The users' patience with one server. */
    static Browser browser() {
        return new Browser(Duration.ofSeconds(1), READ);
    }

    /** Waits until a balancer trusts a server: what is broken next is to find it at work. */
    static void awaitTrust(LoadBalancer<URI> balancer, String server) {
        long end = System.nanoTime() + TRUST.toNanos();
        while (balancer.health(server)
                .filter(cell -> cell.current().state() == HealthState.HEALTHY)
                .isEmpty()) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException(balancer + " does not trust " + server + " after " + TRUST.toSeconds()
                        + " s: " + balancer.describe());
            }
            LockSupport.parkNanos(GLANCE_NANOS);
        }
    }

    /** Draws how many requests each server gets. */
    static void plotRequests(StageRun run, List<ServerProcess> servers) {
        for (ServerProcess server : servers) {
            run.plotRate(
                    Chart.REQUESTS_BY_SERVER,
                    server.name(),
                    () -> server.address().map(run::servedBy).orElse(0L));
        }
    }

    /** Draws how many statements each database server gets. */
    static void plotQueries(StageRun run, String shard, List<String> nodes) {
        for (String node : nodes) {
            run.plotRate(
                    Chart.STATEMENTS_BY_DATABASE,
                    node,
                    () -> run.counted("app.database.queries{node=" + node + ",shard=" + shard + "}"));
        }
    }

    /** A balancer over running servers. */
    static LoadBalancer<URI> balancer(String name, List<ServerProcess> servers, Observer observer) throws Exception {
        List<Endpoint<URI>> endpoints = new ArrayList<>();
        for (ServerProcess server : servers) {
            endpoints.add(Endpoint.of(server.name(), server.await()));
        }
        return builder(name, endpoints, QUICK, observer).build();
    }

    /** A balancer that also asks each server again and again how it is: from a server that is cut off comes no failure. */
    static LoadBalancer<URI> checking(String name, List<Endpoint<URI>> endpoints, Executor checks, Observer observer) {
        return builder(name, endpoints, QUICK.toBuilder().checks(2, 2).build(), observer)
                .healthCheck(
                        HealthChecks.of(Gateway::isWell, checks),
                        CheckSchedule.every(CHECK).timeout(CHECK_TIMEOUT))
                .start();
    }

    private static boolean isWell(URI server) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) server.resolve("/health").toURL().openConnection();
        connection.setConnectTimeout((int) CHECK_TIMEOUT.toMillis());
        connection.setReadTimeout((int) CHECK_TIMEOUT.toMillis());
        try {
            return connection.getResponseCode() == 200;
        } finally {
            connection.disconnect();
        }
    }

    private static LoadBalancerBuilder<URI> builder(
            String name, List<Endpoint<URI>> endpoints, HealthPolicy health, Observer observer) {
        return LoadBalancer.<URI>builder(name)
                .endpoints(endpoints)
                // Peak-EWMA, the default, turns away from a server that failed once or twice, before health takes it
                // out, and for some seconds; that is longer than a stage has.
                .policy(Policies.leastLoaded())
                .health(health)
                .retries(Backoff.fixed(Duration.ZERO).attempts(ATTEMPTS))
                .observer(observer);
    }

    /** The users' way through a balancer; every request may be made twice, since writes carry their own names. */
    static Site through(LoadBalancer<URI> balancer) {
        Browser browser = browser();
        return ask -> balancer.idempotent().call(server -> browser.send(server, ask), Gateway::judge);
    }

    /** An answer is the server's own success, whatever the database behind it could do. */
    static Outcome judge(Answer answer) {
        return answer.status() == 500 ? Outcome.FAILED : Outcome.SUCCESS;
    }
}
