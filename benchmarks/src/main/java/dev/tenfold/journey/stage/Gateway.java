package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Policies;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.load.Browser;
import dev.tenfold.journey.load.Site;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What stands between the users and the application servers, as several stages have it. */
final class Gateway {

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
        return new Browser(Duration.ofSeconds(1), Duration.ofSeconds(6));
    }

    /** A balancer over running servers. */
    static LoadBalancer<URI> balancer(String name, List<ServerProcess> servers, Observer observer) throws Exception {
        List<Endpoint<URI>> endpoints = new ArrayList<>();
        for (ServerProcess server : servers) {
            endpoints.add(Endpoint.of(server.name(), server.await()));
        }
        return LoadBalancer.<URI>builder(name)
                .endpoints(endpoints)
                // Peak-EWMA, the default, turns away from a server that failed once or twice, before health takes it
                // out, and
                // for some seconds; that is longer than a stage has.
                .policy(Policies.leastLoaded())
                .health(QUICK)
                .retries(Backoff.fixed(Duration.ZERO).attempts(ATTEMPTS))
                .observer(observer)
                .build();
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
