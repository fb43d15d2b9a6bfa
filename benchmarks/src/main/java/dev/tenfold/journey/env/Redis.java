package dev.tenfold.journey.env;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import redis.embedded.RedisServer;
import redis.embedded.core.ExecutableProvider;

/** A real Redis server on a free loopback port, in memory only. */
public final class Redis implements AutoCloseable {

    private final RedisServer server;
    private final int port;

    /**
     * Starts the server and waits until it answers.
     *
     * @param folder where its executable is unpacked
     * @throws IOException if it does not start
     */
    public Redis(Path folder) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        File home = folder.toFile();
        server = RedisServer.newRedisServer()
                .executableProvider(ExecutableProvider.newJarResourceProvider(home))
                .port(port)
                .bind("127.0.0.1")
                .setting("save \"\"")
                .setting("appendonly no")
                .setting("daemonize no")
                .setting("dir " + home)
                .build();
        server.start();
    }

    /**
     * Returns where it listens.
     *
     * @return a {@code redis://} address
     */
    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    @Override
    public void close() throws IOException {
        server.stop();
    }
}
