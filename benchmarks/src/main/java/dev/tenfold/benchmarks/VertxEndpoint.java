package dev.tenfold.benchmarks;

import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.endpoint.DefaultInteractionMetric;
import io.vertx.core.net.endpoint.DefaultInteractionMetrics;
import io.vertx.core.net.endpoint.InteractionMetrics;
import io.vertx.core.net.endpoint.ServerEndpoint;
import io.vertx.core.net.endpoint.ServerInteraction;

/** An endpoint as Vert.x's own resolver makes them, less the expiry of unused ones. */
public final class VertxEndpoint implements ServerEndpoint {

    private final String key;
    private final SocketAddress address;
    private final DefaultInteractionMetrics metrics = new DefaultInteractionMetrics();

    /** Makes an endpoint without calls. */
    public VertxEndpoint(String key) {
        this.key = key;
        this.address = SocketAddress.inetSocketAddress(80, key);
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public SocketAddress address() {
        return address;
    }

    @Override
    public InteractionMetrics<?> metrics() {
        return metrics;
    }

    @Override
    public Object unwrap() {
        return key;
    }

    @Override
    public ServerInteraction newInteraction() {
        return new Interaction(metrics, metrics.initiateRequest());
    }

    private record Interaction(DefaultInteractionMetrics metrics, DefaultInteractionMetric metric)
            implements ServerInteraction {

        @Override
        public void reportFailure(Throwable failure) {
            metrics.reportFailure(metric, failure);
        }

        @Override
        public void reportRequestBegin() {
            metrics.reportRequestBegin(metric);
        }

        @Override
        public void reportRequestEnd() {
            metrics.reportRequestEnd(metric);
        }

        @Override
        public void reportResponseBegin() {
            metrics.reportResponseBegin(metric);
        }

        @Override
        public void reportResponseEnd() {
            metrics.reportResponseEnd(metric);
        }
    }
}
