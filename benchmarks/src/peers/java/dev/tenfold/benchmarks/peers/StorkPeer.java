package dev.tenfold.benchmarks.peers;

import io.smallrye.stork.api.LoadBalancer;
import io.smallrye.stork.api.ServiceInstance;
import io.smallrye.stork.impl.DefaultServiceInstance;
import io.smallrye.stork.loadbalancer.poweroftwochoices.PowerOfTwoChoicesLoadBalancer;
import java.util.ArrayList;
import java.util.List;

/** SmallRye Stork's power of two choices, with the records a client makes. */
final class StorkPeer implements Peer {

    private final LoadBalancer balancer = new PowerOfTwo();
    private final List<ServiceInstance> instances = new ArrayList<>();

    StorkPeer(int endpoints) {
        for (int i = 0; i < endpoints; i++) {
            instances.add(new DefaultServiceInstance(i, "127.0.0.1", 1 + i, false));
        }
    }

    @Override
    public Object begin() {
        ServiceInstance picked = balancer.selectServiceInstance(instances);
        picked.recordStart(true);
        return picked;
    }

    @Override
    public void end(Object call) {
        ServiceInstance instance = (ServiceInstance) call;
        instance.recordReply();
        instance.recordEnd(null);
    }

    /** The constructor is for Stork's own provider and its subclasses. */
    private static final class PowerOfTwo extends PowerOfTwoChoicesLoadBalancer {
        PowerOfTwo() {
            super(false);
        }
    }
}
