package dev.tenfold.benchmarks.peers;

import dev.tenfold.benchmarks.VertxEndpoint;
import io.vertx.core.net.endpoint.LoadBalancer;
import io.vertx.core.net.endpoint.ServerInteraction;
import io.vertx.core.net.endpoint.ServerSelector;
import java.util.ArrayList;
import java.util.List;

/** Vert.x' power of two choices, with the reports its metrics need. */
final class VertxPeer implements Peer {

    private final List<VertxEndpoint> servers = new ArrayList<>();
    private final ServerSelector selector;

    VertxPeer(int endpoints) {
        for (int i = 0; i < endpoints; i++) {
            servers.add(new VertxEndpoint("server-" + i));
        }
        selector = LoadBalancer.POWER_OF_TWO_CHOICES.selector(servers);
    }

    @Override
    public Object begin() {
        ServerInteraction begun = servers.get(selector.select()).newInteraction();
        begun.reportRequestBegin();
        return begun;
    }

    @Override
    public void end(Object call) {
        ((ServerInteraction) call).reportResponseEnd();
    }
}
