package dev.tenfold.benchmarks.peers;

import com.linecorp.armeria.common.loadbalancer.LoadBalancer;
import com.linecorp.armeria.common.loadbalancer.SimpleLoadBalancer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Armeria's weighted round robin, which takes no report. */
final class ArmeriaPeer implements Peer {

    private final SimpleLoadBalancer<String> balancer;

    ArmeriaPeer(int endpoints) {
        List<String> servers = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            servers.add("server-" + i);
        }
        balancer = LoadBalancer.ofWeightedRoundRobin(servers, server -> 1 + server.length() % 3);
    }

    @Override
    public Object begin() {
        return Objects.requireNonNull(balancer.pick());
    }

    @Override
    public void end(Object call) {}
}
