package dev.tenfold.replication.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A port that passes what it is sent on to another, until it is told to swallow: then both sides keep their connections and
 * hear nothing any more, as in a network that drops packets. New connections are taken and hear nothing either. What was
 * swallowed is held back, and passed on once the network is whole again.
 *
 * <p>Thread-safe; {@link #close()} ends all connections.
 */
public final class TcpRelay implements AutoCloseable {

    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean swallowing;
    private boolean closed;

    private TcpRelay(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    /**
     * Starts a relay on a free loopback port.
     *
     * @param target the loopback port it passes everything on to
     * @return a relay that passes on
     */
    public static TcpRelay to(int target) {
        try {
            TcpRelay relay = new TcpRelay(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
            start("relay-" + target, relay::accept);
            return relay;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * Returns where it listens.
     *
     * @return a loopback port
     */
    public int port() {
        return listener.getLocalPort();
    }

    /**
     * Swallows from now on, or passes on again.
     *
     * @param value whether to swallow
     */
    public void swallow(boolean value) {
        lock.lock();
        try {
            swallowing = value;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                sockets.add(client);
                start("relay-client", () -> connect(client));
            } catch (IOException ended) {
                return;
            }
        }
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        sockets.add(server);
        if (!awaitPassing()) {
            return;
        }
        try {
            server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        } catch (IOException refused) {
            end(client, server);
            return;
        }
        start("relay-back", () -> pump(server, client));
        pump(client, server);
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0 && awaitPassing(); n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
            // Who hung up is not told while the network swallows.
            awaitPassing();
        } catch (IOException broken) {
            awaitPassing();
        }
        end(from, to);
    }

    private boolean awaitPassing() {
        lock.lock();
        try {
            while (swallowing && !closed) {
                changed.awaitUninterruptibly();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private void end(Socket... ended) {
        for (Socket socket : ended) {
            sockets.remove(socket);
            try {
                socket.close();
            } catch (IOException gone) {
                continue;
            }
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        end(sockets.toArray(Socket[]::new));
        try {
            listener.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
