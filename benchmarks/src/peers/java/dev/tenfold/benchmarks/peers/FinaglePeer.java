package dev.tenfold.benchmarks.peers;

import com.twitter.finagle.Address;
import com.twitter.finagle.ClientConnection;
import com.twitter.finagle.NoBrokersAvailableException;
import com.twitter.finagle.Service;
import com.twitter.finagle.ServiceFactory;
import com.twitter.finagle.Stack;
import com.twitter.finagle.loadbalancer.Balancers;
import com.twitter.finagle.loadbalancer.EndpointFactory;
import com.twitter.finagle.loadbalancer.LazyEndpointFactory;
import com.twitter.finagle.loadbalancer.LoadBalancerFactory;
import com.twitter.util.Activity;
import com.twitter.util.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import scala.jdk.javaapi.CollectionConverters;

/** Finagle's balancers over endpoints whose services are there at once: get and close of a service, as a client does for each call. */
final class FinaglePeer implements Peer {

    private final ServiceFactory<Integer, Integer> balancer;

    private FinaglePeer(LoadBalancerFactory factory, int endpoints) {
        List<EndpointFactory<Integer, Integer>> servers = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            servers.add(new LazyEndpointFactory<Integer, Integer>(
                    () -> ServiceFactory.constant(new Echo()), Address.apply(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1 + i))));
        }
        balancer = factory.newBalancer(
                Activity.value(CollectionConverters.asScala(servers).toIndexedSeq()),
                new NoBrokersAvailableException("orders"),
                Stack.Params$.MODULE$.empty());
    }

    static FinaglePeer leastLoaded(int endpoints) {
        return new FinaglePeer(Balancers.p2c(Balancers.p2c$default$1()), endpoints);
    }

    static FinaglePeer peakEwma(int endpoints) {
        return new FinaglePeer(
                Balancers.p2cPeakEwma(Balancers.p2cPeakEwma$default$1(), Balancers.p2cPeakEwma$default$2()), endpoints);
    }

    @Override
    public Object begin() {
        return balancer.apply(ClientConnection.nil()).poll().get().get();
    }

    @Override
    public void end(Object call) {
        ((Service<?, ?>) call).close();
    }

    private static final class Echo extends Service<Integer, Integer> {
        @Override
        public Future<Integer> apply(Integer request) {
            return Future.value(request);
        }
    }
}
