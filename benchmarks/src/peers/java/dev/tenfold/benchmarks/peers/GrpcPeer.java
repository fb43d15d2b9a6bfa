package dev.tenfold.benchmarks.peers;

import io.grpc.Attributes;
import io.grpc.ChannelLogger;
import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.ResolvedAddresses;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancer.SubchannelStateListener;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * A policy of gRPC-java on subchannels that are ready at once. Where the pick carries a tracer (least request counts calls by
 * it), the tracer is told of the stream's beginning and end, as the transport would.
 */
final class GrpcPeer implements Peer {

    private static final ClientStreamTracer.StreamInfo STREAM =
            ClientStreamTracer.StreamInfo.newBuilder().build();
    private static final Metadata HEADERS = new Metadata();

    private final Channel channel = new Channel();

    GrpcPeer(String policy, int endpoints) {
        LoadBalancerProvider provider = Objects.requireNonNull(
                LoadBalancerRegistry.getDefaultRegistry().getProvider(policy), policy);
        LoadBalancer balancer = provider.newLoadBalancer(channel);
        List<EquivalentAddressGroup> addresses = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            addresses.add(new EquivalentAddressGroup(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1 + i)));
        }
        channel.context.execute(() -> balancer.acceptResolvedAddresses(ResolvedAddresses.newBuilder()
                .setAddresses(addresses)
                .setAttributes(Attributes.EMPTY)
                .setLoadBalancingPolicyConfig(Objects.requireNonNullElse(
                        provider.parseLoadBalancingPolicyConfig(java.util.Map.of()).getConfig(), "none"))
                .build()));
        if (channel.state != ConnectivityState.READY) {
            throw new IllegalStateException("gRPC " + policy + " is " + channel.state);
        }
    }

    @Override
    public Object begin() {
        PickResult picked = Objects.requireNonNull(channel.picker).pickSubchannel(null);
        ClientStreamTracer.Factory factory = picked.getStreamTracerFactory();
        if (factory == null) {
            return Objects.requireNonNull(picked.getSubchannel());
        }
        ClientStreamTracer tracer = factory.newClientStreamTracer(STREAM, HEADERS);
        tracer.streamCreated(Attributes.EMPTY, HEADERS);
        return tracer;
    }

    @Override
    public void end(Object call) {
        if (call instanceof ClientStreamTracer tracer) {
            tracer.streamClosed(Status.OK);
        }
    }

    private static final class Channel extends Helper {
        private final SynchronizationContext context = new SynchronizationContext((thread, failure) -> {
            throw new IllegalStateException(failure);
        });
        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "grpc timer");
            thread.setDaemon(true);
            return thread;
        });
        private volatile @Nullable SubchannelPicker picker;
        private volatile @Nullable ConnectivityState state;

        @Override
        public Subchannel createSubchannel(CreateSubchannelArgs args) {
            return new Ready(args, context);
        }

        @Override
        public void updateBalancingState(ConnectivityState next, SubchannelPicker by) {
            state = next;
            picker = by;
        }

        @Override
        public SynchronizationContext getSynchronizationContext() {
            return context;
        }

        @Override
        public ScheduledExecutorService getScheduledExecutorService() {
            return timer;
        }

        @Override
        public String getAuthority() {
            return "orders";
        }

        @Override
        public ChannelLogger getChannelLogger() {
            return new Silent();
        }

        @Override
        public ManagedChannel createOobChannel(EquivalentAddressGroup address, String authority) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Silent extends ChannelLogger {
        @Override
        public void log(ChannelLogLevel level, String message) {}

        @Override
        public void log(ChannelLogLevel level, String format, Object... arguments) {}
    }

    private static final class Ready extends Subchannel {
        private final CreateSubchannelArgs args;
        private final SynchronizationContext context;
        private @Nullable SubchannelStateListener listener;

        Ready(CreateSubchannelArgs args, SynchronizationContext context) {
            this.args = args;
            this.context = context;
        }

        @Override
        public void start(SubchannelStateListener told) {
            listener = told;
        }

        @Override
        public void requestConnection() {
            context.execute(() -> Objects.requireNonNull(listener)
                    .onSubchannelState(ConnectivityStateInfo.forNonError(ConnectivityState.READY)));
        }

        @Override
        public void shutdown() {}

        @Override
        public List<EquivalentAddressGroup> getAllAddresses() {
            return args.getAddresses();
        }

        @Override
        public Attributes getAttributes() {
            return args.getAttributes();
        }

        @Override
        public ChannelLogger getChannelLogger() {
            return new Silent();
        }
    }
}
