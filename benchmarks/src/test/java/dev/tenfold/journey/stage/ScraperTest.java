package dev.tenfold.journey.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ScraperTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Scraper scraper = new Scraper();
    private volatile String metrics = "";
    private HttpServer server;
    private URI address;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/metrics", exchange -> {
            byte[] text = metrics.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, text.length);
            exchange.getResponseBody().write(text);
            exchange.close();
        });
        server.start();
        address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void sumsACounterOverTheLivesOfAServer() {
        metrics = "requests{} 7.0\n";
        scraper.scrape(address, PATIENCE);
        metrics = "requests{} 2.0\n";
        scraper.scrape(address, PATIENCE);

        assertThat(scraper.total("requests")).isEqualTo(9);
        assertThat(scraper.now(address, "requests")).isEqualTo(2);
    }

    @Test
    void whatADeadServerSaidLastIsNoGaugeOfToday() {
        metrics = "lag{node=b} 512.0\nrequests{} 7.0\n";
        scraper.scrape(address, PATIENCE);
        assertThat(scraper.highest("lag{node=b}")).isEqualTo(512);

        scraper.missed(address);
        assertThat(scraper.highest("lag{node=b}")).isZero();
        assertThat(scraper.total("requests")).isEqualTo(7);

        server.stop(0);
        scraper.scrape(address, PATIENCE);
        assertThat(scraper.highest("lag{node=b}")).isZero();
    }

    @Test
    void aServerThatAnswersAgainHasGaugesAgain() {
        metrics = "lag{node=b} 512.0\n";
        scraper.missed(address);
        scraper.scrape(address, PATIENCE);

        assertThat(scraper.highest("lag{node=b}")).isEqualTo(512);
    }
}
