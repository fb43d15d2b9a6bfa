package dev.tenfold.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A port that passes what it is sent on to a server, and fails as networks do:
 *
 * <ul>
 *   <li>{@link #disconnect} ends the connections there are; new ones are passed on.
 *   <li>{@link #refuse} ends them, and each new one at once, until told otherwise.
 *   <li>{@link #swallow} keeps all connections, and both sides hear nothing any more, as in a network that drops packets.
 *       New connections are taken and hear nothing either. What was swallowed is held back, and passed on once the network
 *       is whole again.
 * </ul>
 *
 * <p>Thread-safe; {@link #close()} ends all connections.
 */
public final class TcpRelay implements AutoCloseable {

    private final ServerSocket listener;
    private final InetSocketAddress target;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // All under the lock.
    private final Set<Socket> sockets = new HashSet<>();
    private boolean swallowing;
    private boolean refusing;
    private boolean closed;

    private TcpRelay(ServerSocket listener, InetSocketAddress target) {
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
        return to(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
    }

    /**
     * Starts a relay on a free loopback port.
     *
     * @param target what it passes everything on to
     * @return a relay that passes on
     */
    public static TcpRelay to(InetSocketAddress target) {
        try {
            TcpRelay relay = new TcpRelay(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
            start("relay-" + target.getPort(), relay::accept);
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

    /** Ends every connection there is. */
    public void disconnect() {
        List<Socket> ended;
        lock.lock();
        try {
            ended = List.copyOf(sockets);
            sockets.clear();
        } finally {
            lock.unlock();
        }
        ended.forEach(TcpRelay::close);
    }

    /**
     * Ends every connection there is and each new one from now on, or passes on again.
     *
     * @param value whether to refuse
     */
    public void refuse(boolean value) {
        lock.lock();
        try {
            refusing = value;
        } finally {
            lock.unlock();
        }
        if (value) {
            disconnect();
        }
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
                if (keep(client)) {
                    start("relay-client", () -> connect(client));
                } else {
                    close(client);
                }
            } catch (IOException ended) {
                return;
            }
        }
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        try {
            if (awaitPassing() && !client.isClosed() && keep(server)) {
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                server.connect(target);
                start("relay-back", () -> pump(server, client));
                pump(client, server);
                return;
            }
        } catch (IOException refused) {
            // The client is told, as by the server itself.
        }
        end(client, server);
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0 && awaitPassing(); n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        } catch (IOException broken) {
            // Ends as if it had hung up.
        }
        awaitPassing(); // who hung up is not told while the network swallows
        end(from, to);
    }

    /** @return false if it was closed */
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

    private boolean keep(Socket socket) {
        lock.lock();
        try {
            return !refusing && !closed && sockets.add(socket);
        } finally {
            lock.unlock();
        }
    }

    private void end(Socket... ended) {
        lock.lock();
        try {
            sockets.removeAll(List.of(ended));
        } finally {
            lock.unlock();
        }
        for (Socket socket : ended) {
            close(socket);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
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
        disconnect();
        try {
            listener.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
