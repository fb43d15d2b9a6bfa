package dev.tenfold.cache.edge.http;

import static dev.tenfold.cache.edge.http.TestCdn.answer;
import static dev.tenfold.cache.edge.http.TestCdn.await;
import static dev.tenfold.cache.edge.http.TestCdn.from;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The cache between real HTTP clients and a real origin, on loopback. */
@Timeout(90)
class HttpCacheServerTest {

    private static final UnaryOperator<HttpCacheBuilder> PLAIN = builder -> builder;

    @Test
    void asksTheNearestEdgeThenANeighbourThenTheOrigin() throws Exception {
        try (TestCdn cdn = new TestCdn(PLAIN)) {
            HttpResponse<String> first = cdn.get("fra", "/a");
            assertThat(from(first)).isEqualTo("fra/origin");
            assertThat(first.headers().firstValue("Cache-Status").orElse(""))
                    .startsWith("cdn; fwd=uri-miss; fwd-status=200; stored; ttl=");
            assertThat(from(cdn.get("fra", "/a"))).isEqualTo("fra/edge");
            assertThat(from(cdn.get("ams", "/a"))).isEqualTo("ams/neighbour");
            HttpResponse<String> hit = cdn.get("ams", "/a");
            assertThat(from(hit)).isEqualTo("ams/edge");
            assertThat(hit.body()).isEqualTo("hello");
            assertThat(hit.headers().firstValue("Age")).isPresent();
            assertThat(hit.headers().firstValue("Cache-Status").orElse("")).startsWith("cdn; hit; ttl=");
            assertThat(cdn.seen("/a")).isEqualTo(1);
            assertThat(cdn.cache.stats("fra").hitRatio()).isEqualTo(0.5);
            assertThat(cdn.cache.stats("ams").bytesSaved()).isPositive();
        }
    }

    @Test
    void aKilledEdgeIsBypassedAndComesBackEmpty() throws Exception {
        try (TestCdn cdn = new TestCdn(builder -> builder.neighbours(0))) {
            cdn.get("fra", "/a");
            cdn.cache.down("fra");
            assertThat(from(cdn.get("fra", "/a")))
                    .as("the next nearest answers")
                    .isEqualTo("ams/origin");
            assertThat(cdn.cache.purge("/a").missed()).containsExactly("fra");
            cdn.originDoes(exchange -> answer(exchange, 200, "new", "Cache-Control", "max-age=60"));
            cdn.cache.up("fra");
            HttpResponse<String> back = cdn.get("fra", "/a");
            assertThat(from(back)).isEqualTo("fra/origin");
            assertThat(back.body()).isEqualTo("new");
        }
    }

    @Test
    void aKilledOriginMeansStaleContentWithinItsLimitUntilItIsBack() throws Exception {
        try (TestCdn cdn = new TestCdn(PLAIN)) {
            cdn.originDoes(exchange ->
                    answer(exchange, 200, "v" + cdn.seen("/a"), "Cache-Control", "max-age=0, stale-if-error=60"));
            cdn.get("fra", "/a");
            cdn.originDoes(exchange -> answer(exchange, 503, "overloaded"));
            HttpResponse<String> unwell = cdn.get("fra", "/a");
            assertThat(unwell.body()).isEqualTo("v1");
            assertThat(from(unwell)).isEqualTo("fra/edge/stale");
            cdn.killOrigin();
            HttpResponse<String> stale = cdn.get("fra", "/a");
            assertThat(stale.statusCode()).isEqualTo(200);
            assertThat(stale.body()).isEqualTo("v1");
            assertThat(from(stale)).isEqualTo("fra/edge/stale");
            assertThat(from(cdn.get("nyc", "/a"))).isEqualTo("nyc/neighbour/stale");
            assertThat(cdn.get("fra", "/b").statusCode()).isEqualTo(502);
            assertThat(cdn.cache.stats("fra").hits())
                    .as("stale answers are no hits")
                    .isZero();
            cdn.originDoes(
                    exchange -> answer(exchange, 200, "back", "Cache-Control", "max-age=60", "Surrogate-Key", "a"));
            cdn.restoreOrigin();
            await(() -> quietly(() -> cdn.get("fra", "/a").body()).equals("back"));
            assertThat(from(cdn.get("fra", "/a"))).isEqualTo("fra/edge");
        }
    }

    @Test
    void purgesByTargetTagAndPrefix() throws Exception {
        try (TestCdn cdn = new TestCdn(PLAIN)) {
            cdn.originDoes(exchange -> answer(
                    exchange,
                    200,
                    exchange.getRequestURI().getPath(),
                    "Cache-Control",
                    "max-age=60",
                    "Surrogate-Key",
                    "all of" + exchange.getRequestURI().getPath().substring(1)));
            List<String> paths = List.of("/news/1", "/news/2", "/shop");
            for (String path : paths) {
                cdn.get("fra", path);
                cdn.get("nyc", path);
            }
            assertThat(cdn.cache.purge("/shop").copies()).isEqualTo(2);
            assertThat(from(cdn.get("nyc", "/shop"))).isEqualTo("nyc/origin");
            assertThat(from(cdn.get("nyc", "/news/1"))).isEqualTo("nyc/edge");
            cdn.cache.purgePrefix("/news/");
            assertThat(from(cdn.get("nyc", "/news/1"))).isEqualTo("nyc/origin");
            cdn.cache.purgeTag("ALL");
            assertThat(from(cdn.get("nyc", "/shop"))).isEqualTo("nyc/origin");
            assertThat(cdn.cache.purgeAll().isComplete()).isTrue();
            assertThat(from(cdn.get("fra", "/shop"))).isEqualTo("fra/origin");
        }
    }

    @Test
    void aThousandConcurrentMissesAreOneRequestToTheOrigin() throws Exception {
        int clients = 1_000;
        try (TestCdn cdn = new TestCdn(builder -> builder.shield("ams"))) {
            CountDownLatch go = new CountDownLatch(1);
            cdn.originDoes(exchange -> {
                awaitQuietly(go);
                answer(exchange, 200, "one", "Cache-Control", "max-age=60");
            });
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                String edge = TestCdn.EDGES.get(i % 3);
                answers.add(cdn.client.sendAsync(cdn.request(edge, "/hot").build(), BodyHandlers.ofString()));
            }
            await(() -> TestCdn.EDGES.stream()
                            .mapToLong(edge -> cdn.cache.stats(edge).requests())
                            .sum()
                    == clients);
            go.countDown();
            for (CompletableFuture<HttpResponse<String>> each : answers) {
                assertThat(each.get(30, TimeUnit.SECONDS).body()).isEqualTo("one");
            }
            assertThat(cdn.seen("/hot")).isEqualTo(1);
        }
    }

    @Test
    void answersConditionsRangesAndHeadFromItsCopy() throws Exception {
        try (TestCdn cdn = new TestCdn(PLAIN)) {
            cdn.originDoes(exchange -> answer(
                    exchange,
                    200,
                    "0123456789",
                    "Cache-Control",
                    "max-age=60",
                    "ETag",
                    "\"x\"",
                    "Content-Type",
                    "a/b"));
            cdn.get("fra", "/a");
            HttpResponse<String> same = cdn.get("fra", "/a", "If-None-Match", "\"x\"");
            assertThat(same.statusCode()).isEqualTo(304);
            assertThat(same.headers().firstValue("ETag")).contains("\"x\"");
            HttpResponse<String> part = cdn.get("fra", "/a", "Range", "bytes=2-4");
            assertThat(part.statusCode()).isEqualTo(206);
            assertThat(part.body()).isEqualTo("234");
            assertThat(part.headers().firstValue("Content-Range")).contains("bytes 2-4/10");
            assertThat(cdn.get("fra", "/a", "Range", "bytes=10-").statusCode()).isEqualTo(416);
            assertThat(cdn.get("fra", "/a", "Range", "bytes=2-4", "If-Range", "\"y\"")
                            .body())
                    .isEqualTo("0123456789");
            HttpResponse<Void> head = cdn.client.send(
                    cdn.request("fra", "/a")
                            .method("HEAD", BodyPublishers.noBody())
                            .build(),
                    BodyHandlers.discarding());
            assertThat(head.headers().firstValue("Content-Length")).contains("10");
            assertThat(from(head)).isEqualTo("fra/edge");
            assertThat(cdn.get("fra", "/b", "Cache-Control", "only-if-cached").statusCode())
                    .isEqualTo(504);
            assertThat(cdn.seen("/a") + cdn.seen("/b")).isEqualTo(1);
        }
    }

    @Test
    void forwardsRangesItDoesNotHaveAndInvalidatesWhatIsPostedTo() throws Exception {
        try (TestCdn cdn = new TestCdn(PLAIN)) {
            cdn.originDoes(exchange -> {
                String range = exchange.getRequestHeaders().getFirst("Range");
                if (range != null) {
                    answer(exchange, 206, "23", "Content-Range", "bytes 2-3/10", "Cache-Control", "max-age=60");
                } else if (exchange.getRequestMethod().equals("POST")) {
                    String sent = new String(exchange.getRequestBody().readAllBytes());
                    answer(exchange, 201, sent + "!", "Location", "/made");
                } else {
                    answer(exchange, 200, "whole", "Cache-Control", "max-age=60");
                }
            });
            assertThat(cdn.get("fra", "/a", "Range", "bytes=2-3").body()).isEqualTo("23");
            assertThat(cdn.get("fra", "/a").body()).as("the part was not kept").isEqualTo("whole");
            cdn.get("fra", "/made");
            HttpResponse<String> posted = cdn.client.send(
                    cdn.request("nyc", "/a")
                            .POST(BodyPublishers.ofString("sent"))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(posted.body()).isEqualTo("sent!");
            assertThat(from(cdn.get("fra", "/a"))).isEqualTo("fra/origin");
            assertThat(from(cdn.get("fra", "/made"))).isEqualTo("fra/origin");
        }
    }

    @Test
    void passesLargeContentThroughAsItComes() throws Exception {
        int megabytes = 48;
        try (TestCdn cdn = new TestCdn(PLAIN)) {
            CountDownLatch firstArrived = new CountDownLatch(1);
            cdn.originDoes(exchange -> {
                exchange.getResponseHeaders().add("Cache-Control", "max-age=60");
                exchange.sendResponseHeaders(200, 0);
                byte[] block = new byte[1 << 20];
                try (OutputStream out = exchange.getResponseBody()) {
                    for (int i = 0; i < 3; i++) {
                        out.write(block);
                    }
                    out.flush();
                    awaitQuietly(firstArrived);
                    for (int i = 3; i < megabytes; i++) {
                        out.write(block);
                    }
                }
            });
            HttpResponse<InputStream> response =
                    cdn.client.send(cdn.request("fra", "/large").build(), BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                assertThat(in.readNBytes(1 << 20)).as("while the origin waits").hasSize(1 << 20);
                firstArrived.countDown();
                long rest = in.transferTo(OutputStream.nullOutputStream());
                assertThat(rest).isEqualTo((long) (megabytes - 1) << 20);
            }
            assertThat(cdn.cache.stats("fra").size()).as("too large to keep").isZero();
        }
    }

    @Test
    void doesNotWaitForeverForTheOrigin() throws Exception {
        try (TestCdn cdn = new TestCdn(Duration.ofMillis(500), PLAIN)) {
            CountDownLatch never = new CountDownLatch(1);
            cdn.originDoes(exchange -> {
                if (exchange.getRequestURI().getPath().equals("/half")) {
                    exchange.getResponseHeaders().add("Cache-Control", "no-store");
                    exchange.sendResponseHeaders(200, 1_000);
                    exchange.getResponseBody().write(new byte[10]);
                    exchange.getResponseBody().flush();
                }
                awaitQuietly(never);
            });
            assertThat(cdn.get("fra", "/silent").statusCode()).isEqualTo(504);
            assertThatThrownBy(() -> cdn.get("fra", "/half")).isInstanceOf(IOException.class);
            never.countDown();
        }
    }

    @Test
    void renewsWhatIsStaleWhileServingIt() throws Exception {
        AtomicInteger version = new AtomicInteger();
        try (TestCdn cdn = new TestCdn(PLAIN)) {
            cdn.originDoes(exchange -> answer(
                    exchange,
                    200,
                    "v" + version.incrementAndGet(),
                    "Cache-Control",
                    version.get() == 1 ? "max-age=60, stale-while-revalidate=60" : "max-age=60"));
            cdn.get("fra", "/a");
            cdn.cache.softPurge("/a");
            HttpResponse<String> stale = cdn.get("fra", "/a");
            assertThat(stale.body()).isEqualTo("v1");
            assertThat(from(stale)).isEqualTo("fra/edge/revalidating");
            await(() -> cdn.seen("/a") == 2);
            await(() -> quietly(() -> cdn.get("fra", "/a").body()).equals("v2"));
            assertThat(cdn.seen("/a")).isEqualTo(2);
        }
    }

    @Test
    void forwardsNoFieldThatCouldPoisonTheCache() throws Exception {
        List<String> got = new ArrayList<>();
        try (TestCdn cdn = new TestCdn(PLAIN)) {
            cdn.originDoes(exchange -> {
                got.add(exchange.getRequestHeaders().getFirst("X-Forwarded-Host") + " "
                        + exchange.getRequestHeaders().getFirst("Via") + " "
                        + exchange.getRequestHeaders().getFirst("X-Forwarded-For"));
                answer(exchange, 200, "x");
            });
            cdn.get("fra", "/a", "X-Forwarded-Host", "evil.example");
            assertThat(got).containsExactly("null 1.1 cdn 127.0.0.1");
            assertThat(cdn.get("fra", "/a", "CDN-Loop", "other, cdn").statusCode())
                    .isEqualTo(508);
        }
    }

    private static <T> T quietly(Callable<T> call) {
        try {
            return call.call();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            if (!latch.await(Duration.ofSeconds(60).toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("waited 60 s");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
