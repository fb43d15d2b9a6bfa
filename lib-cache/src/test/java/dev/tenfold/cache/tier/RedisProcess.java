package dev.tenfold.cache.tier;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import redis.embedded.RedisServer;

/** A real Redis on a free port of loopback, that keeps nothing on disk. */
final class RedisProcess implements AutoCloseable {

    private final int port;
    private RedisServer server;

    RedisProcess() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        server = start(port);
    }

    private static RedisServer start(int port) throws IOException {
        Path folder = Files.createTempDirectory("tenfold-redis");
        folder.toFile().deleteOnExit();
        RedisServer server = RedisServer.newRedisServer()
                .bind("127.0.0.1")
                .port(port)
                .setting("save \"\"")
                .setting("appendonly no")
                .setting("dir " + folder)
                .setting("maxmemory 64mb")
                .build();
        server.start();
        return server;
    }

    int port() {
        return port;
    }

    String uri() {
        return "redis://127.0.0.1:" + port;
    }

    void restart() throws IOException {
        server.stop();
        server = start(port);
    }

    @Override
    public void close() throws IOException {
        server.stop();
    }
}
