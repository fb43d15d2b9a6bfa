package dev.tenfold.queue.amqp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Passes bytes on to RabbitMQ, and can break every connection. */
final class AmqpRelay implements AutoCloseable {

    private final ServerSocket accepting = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "relay");
        thread.setDaemon(true);
        return thread;
    });

    AmqpRelay(String host, int port) throws IOException {
        threads.execute(() -> {
            try {
                while (true) {
                    Socket from = accepting.accept();
                    Socket to = new Socket(host, port);
                    sockets.addAll(List.of(from, to));
                    threads.execute(() -> pump(from, to));
                    threads.execute(() -> pump(to, from));
                }
            } catch (IOException closed) {
                // The test is over.
            }
        });
    }

    int port() {
        return accepting.getLocalPort();
    }

    void cut() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    private static void pump(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException cutOff) {
            // Either side ended it.
        }
    }

    @Override
    public void close() throws IOException {
        accepting.close();
        cut();
        threads.shutdownNow();
    }
}
