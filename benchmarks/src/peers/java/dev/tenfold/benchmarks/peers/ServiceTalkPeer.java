package dev.tenfold.benchmarks.peers;

import static io.servicetalk.concurrent.api.SourceAdapters.toSource;

import io.servicetalk.client.api.ConnectionFactory;
import io.servicetalk.client.api.LoadBalancedConnection;
import io.servicetalk.client.api.LoadBalancer;
import io.servicetalk.client.api.RequestConcurrencyController.Result;
import io.servicetalk.client.api.ServiceDiscovererEvent;
import io.servicetalk.concurrent.Cancellable;
import io.servicetalk.concurrent.SingleSource;
import io.servicetalk.concurrent.api.Completable;
import io.servicetalk.concurrent.api.Publisher;
import io.servicetalk.concurrent.api.Single;
import io.servicetalk.loadbalancer.LoadBalancers;
import io.servicetalk.loadbalancer.LoadBalancingPolicies;
import io.servicetalk.transport.api.TransportObserver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** ServiceTalk's power of two choices over connections that are there at once and count the calls in flight themselves. */
final class ServiceTalkPeer implements Peer {

    private final LoadBalancer<Connection> balancer;

    ServiceTalkPeer(int endpoints) throws Exception {
        List<ServiceDiscovererEvent<String>> events = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            events.add(new Available("server-" + i));
        }
        Publisher<Collection<ServiceDiscovererEvent<String>>> discovered =
                Publisher.<Collection<ServiceDiscovererEvent<String>>>from(events).concat(Publisher.never());
        balancer = LoadBalancers.<String, Connection>builder("orders")
                .loadBalancingPolicy(LoadBalancingPolicies.p2c().build())
                .build()
                .newLoadBalancer(discovered, new Connections(), "orders");
        // Opens the connections, so that what is measured reuses them.
        for (int i = 0; i < endpoints * 20; i++) {
            end(balancer.selectConnection(any -> true, null).toFuture().get());
        }
    }

    @Override
    public Object begin() {
        Taken taken = new Taken();
        toSource(balancer.selectConnection(Connection::take, null)).subscribe(taken);
        if (taken.connection == null) {
            throw new IllegalStateException("no connection at once");
        }
        return taken.connection;
    }

    @Override
    public void end(Object call) {
        ((Connection) call).requestFinished();
    }

    private static final class Taken implements SingleSource.Subscriber<Connection> {
        private @Nullable Connection connection;

        @Override
        public void onSubscribe(Cancellable cancellable) {}

        @Override
        public void onSuccess(@Nullable Connection result) {
            connection = result;
        }

        @Override
        public void onError(Throwable failure) {
            throw new IllegalStateException(failure);
        }
    }

    private record Available(String address) implements ServiceDiscovererEvent<String> {
        @Override
        public Status status() {
            return Status.AVAILABLE;
        }
    }

    private static final class Connection implements LoadBalancedConnection {
        private final AtomicInteger inFlight = new AtomicInteger();

        boolean take() {
            inFlight.incrementAndGet();
            return true;
        }

        @Override
        public Result tryRequest() {
            take();
            return Result.Accepted;
        }

        @Override
        public void requestFinished() {
            inFlight.decrementAndGet();
        }

        @Override
        public boolean tryReserve() {
            return true;
        }

        @Override
        public int score() {
            return -inFlight.get();
        }

        @Override
        public Completable releaseAsync() {
            return Completable.completed();
        }

        @Override
        public Completable onClose() {
            return Completable.never();
        }

        @Override
        public Completable closeAsync() {
            return Completable.completed();
        }
    }

    private static final class Connections implements ConnectionFactory<String, Connection> {
        @Override
        public Single<Connection> newConnection(
                String address,
                io.servicetalk.context.api.@Nullable ContextMap context,
                @Nullable TransportObserver observer) {
            return Single.succeeded(new Connection());
        }

        @Override
        public Completable onClose() {
            return Completable.never();
        }

        @Override
        public Completable closeAsync() {
            return Completable.completed();
        }
    }
}
