package dev.tenfold.cache.tier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.Codec;
import dev.tenfold.cache.RemoteTier;
import dev.tenfold.cache.testing.RemoteTierContract;
import dev.tenfold.observe.Observer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The contract, on a real Redis. */
final class RedisTierTest extends RemoteTierContract {

    private static final AtomicInteger NAMES = new AtomicInteger();
    private static RedisProcess server;

    private final String name = "contract-" + NAMES.incrementAndGet();
    private final List<RedisTier<String, String>> opened = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        server = new RedisProcess();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @AfterEach
    void close() {
        opened.forEach(RedisTier::close);
    }

    @Override
    protected RemoteTier<String, String> open() {
        RedisTier<String, String> tier = RedisTier.builder(name, Codec.utf8(), Codec.utf8())
                .timeout(Duration.ofSeconds(5))
                .waitForOthers(Duration.ofMillis(1))
                .observer(Observer.none())
                .connect(server.uri());
        assertThat(tier.isConnected()).isTrue();
        opened.add(tier);
        return tier;
    }
}
