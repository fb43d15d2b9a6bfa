package dev.tenfold.benchmarks.peers;

import java.util.ArrayList;
import java.util.List;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.rpc.Invocation;
import org.apache.dubbo.rpc.Invoker;
import org.apache.dubbo.rpc.Result;
import org.apache.dubbo.rpc.RpcInvocation;
import org.apache.dubbo.rpc.RpcStatus;
import org.apache.dubbo.rpc.cluster.loadbalance.LeastActiveLoadBalance;
import org.apache.dubbo.rpc.model.ServiceModel;

/** Dubbo's least active, with the counts its filter keeps. */
final class DubboPeer implements Peer {

    private static final String METHOD = "find";

    private final LeastActiveLoadBalance balance = new LeastActiveLoadBalance();
    private final List<Invoker<Runnable>> invokers = new ArrayList<>();
    private final Invocation invocation =
            new RpcInvocation((ServiceModel) null, METHOD, "Orders", "Orders", new Class<?>[0], new Object[0]);
    private final URL url = URL.valueOf("dubbo://127.0.0.1:20880/Orders");

    DubboPeer(int endpoints) {
        for (int i = 0; i < endpoints; i++) {
            invokers.add(new Server(URL.valueOf("dubbo://127.0.0.1:" + (1 + i) + "/Orders")));
        }
    }

    @Override
    public Object begin() {
        Invoker<Runnable> invoker = balance.select(invokers, url, invocation);
        RpcStatus.beginCount(invoker.getUrl(), METHOD);
        return invoker;
    }

    @Override
    public void end(Object call) {
        RpcStatus.endCount(((Invoker<?>) call).getUrl(), METHOD, 1, true);
    }

    private record Server(URL url) implements Invoker<Runnable> {
        @Override
        public Class<Runnable> getInterface() {
            return Runnable.class;
        }

        @Override
        public Result invoke(Invocation call) {
            throw new UnsupportedOperationException();
        }

        @Override
        public URL getUrl() {
            return url;
        }

        @Override
        public boolean isAvailable() {
            return true;
        }

        @Override
        public void destroy() {}
    }
}
