package dev.tenfold.benchmarks.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.loadbalancer.core.RoundRobinLoadBalancer;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import reactor.core.publisher.Flux;

/** Spring Cloud's round robin, which takes no report. */
final class SpringPeer implements Peer {

    private final RoundRobinLoadBalancer balancer;
    private final DefaultRequest<Object> request = new DefaultRequest<>(new Object());

    SpringPeer(int endpoints) {
        List<ServiceInstance> instances = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            instances.add(new DefaultServiceInstance("server-" + i, "orders", "127.0.0.1", 1 + i, false));
        }
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        beans.registerSingleton("supplier", new Fixed(instances));
        balancer = new RoundRobinLoadBalancer(beans.getBeanProvider(ServiceInstanceListSupplier.class), "orders");
    }

    @Override
    public Object begin() {
        return Objects.requireNonNull(balancer.choose(request).block()).getServer();
    }

    @Override
    public void end(Object call) {}

    private record Fixed(List<ServiceInstance> instances) implements ServiceInstanceListSupplier {
        @Override
        public String getServiceId() {
            return "orders";
        }

        @Override
        public Flux<List<ServiceInstance>> get() {
            return Flux.just(instances);
        }
    }
}
