package dev.tenfold.cache.edge.http;

import static dev.tenfold.cache.edge.http.TestCdn.answer;
import static dev.tenfold.cache.edge.http.TestCdn.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A flood from one client over real HTTP: what the origin sees of it, and what the other clients see. */
@Timeout(90)
class HttpCacheFloodTest {

    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /**
     * Six threads of one client ask for what cannot be cached, each time another target, as fast as they can, for two
     * seconds and more. The origin may see of that client its burst and its rate, no more. Another client, at most one of a hundred of
     * whose requests may take more than a second (on a machine that does everything with two cores), gets every answer.
     */
    @Test
    void aFloodOfUncacheableMissesReachesTheOriginAtItsRateOnlyAndDisturbsNobody() throws Exception {
        RateLimit limit = RateLimit.of(5, 10);
        try (TestCdn cdn = new TestCdn(builder -> builder.missRate(limit).misses(64, 32, 16))) {
            AtomicInteger flooded = new AtomicInteger();
            cdn.originDoes(exchange -> {
                if (exchange.getRequestURI().getPath().startsWith("/flood")) {
                    flooded.incrementAndGet();
                    answer(exchange, 200, "x", "Cache-Control", "no-store");
                } else {
                    answer(exchange, 200, "page", "Cache-Control", "max-age=600");
                }
            });
            cdn.get("fra", "/warm", "X-Client", "other");
            AtomicBoolean over = new AtomicBoolean();
            LongAdder refused = new LongAdder();
            long start = System.nanoTime();
            List<Future<?>> flood = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                int thread = i;
                flood.add(pool.submit(() -> {
                    for (int n = 0; !over.get(); n++) {
                        HttpResponse<String> answer =
                                cdn.get("fra", "/flood/" + thread + "/" + n, "X-Client", "flooder");
                        if (answer.statusCode() == 429) {
                            refused.increment();
                            assertThat(answer.headers()
                                            .firstValueAsLong("Retry-After")
                                            .orElse(0))
                                    .isPositive();
                        }
                    }
                    return null;
                }));
            }
            List<Long> latencies = new ArrayList<>();
            for (int n = 0; isTooShort(start, refused.sum()); n++) {
                long asked = System.nanoTime();
                String path = n % 25 == 0 && n < 200 ? "/page/" + n : "/warm";
                assertThat(cdn.get("fra", path, "X-Client", "other").body()).isEqualTo("page");
                latencies.add(System.nanoTime() - asked);
            }
            over.set(true);
            for (Future<?> each : flood) {
                each.get();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat(refused.sum()).as("it was a flood").isGreaterThanOrEqualTo(100);
            assertThat(flooded.get()).as("burst and rate over %.1f s", seconds).isLessThanOrEqualTo((int)
                    Math.ceil(limit.burst() + limit.perSecond() * seconds));
            Collections.sort(latencies);
            assertThat(Duration.ofNanos(latencies.get(latencies.size() * 99 / 100)))
                    .as("99th percentile of %d requests", latencies.size())
                    .isLessThan(Duration.ofSeconds(1));
        }
    }

    /** Two seconds and 100 refusals, where the machine does that within 30. */
    private static boolean isTooShort(long start, long refusals) {
        long passed = System.nanoTime() - start;
        return passed < TimeUnit.SECONDS.toNanos(2) || (refusals < 100 && passed < TimeUnit.SECONDS.toNanos(30));
    }

    @Test
    void boundsWhatIsAtTheOriginAtOneTime() throws Exception {
        try (TestCdn cdn = new TestCdn(builder -> builder.misses(6, 3, 2).queueTimeout(Duration.ofMillis(50)))) {
            CountDownLatch go = new CountDownLatch(1);
            AtomicInteger now = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            cdn.originDoes(exchange -> {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                try {
                    go.await();
                } catch (InterruptedException stopped) {
                    Thread.currentThread().interrupt();
                }
                now.decrementAndGet();
                answer(exchange, 200, "page", "Cache-Control", "max-age=60");
            });
            List<CompletableFuture<HttpResponse<String>>> same = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                same.add(ask(cdn, "/own/" + i, "one"));
            }
            await(() -> same.stream().filter(CompletableFuture::isDone).count() == 8);
            assertThat(same.stream()
                            .filter(CompletableFuture::isDone)
                            .map(f -> f.join().statusCode()))
                    .as("two of one client")
                    .containsOnly(429);
            List<CompletableFuture<HttpResponse<String>>> others = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                others.add(ask(cdn, "/other/" + i, "client-" + i));
            }
            await(() -> others.stream().filter(CompletableFuture::isDone).count() == 16);
            assertThat(others.stream()
                            .filter(CompletableFuture::isDone)
                            .map(f -> f.join().statusCode()))
                    .as("six of all")
                    .containsOnly(503);
            go.countDown();
            for (CompletableFuture<HttpResponse<String>> each : others) {
                each.get(30, TimeUnit.SECONDS);
            }
            assertThat(most).hasValue(6);
            await(() -> now.get() == 0);
            assertThat(cdn.get("fra", "/later", "X-Client", "one").statusCode())
                    .as("every place was given back")
                    .isEqualTo(200);
        }
    }

    @Test
    void limitsTheRequestsOfEachClient() throws Exception {
        try (TestCdn cdn = new TestCdn(builder -> builder.requestRate(RateLimit.of(0.1, 5)))) {
            for (int i = 0; i < 5; i++) {
                assertThat(cdn.get("fra", "/a", "X-Client", "one").statusCode()).isEqualTo(200);
            }
            HttpResponse<String> refused = cdn.get("fra", "/a", "X-Client", "one");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.headers().firstValueAsLong("Retry-After").orElse(0))
                    .isBetween(1L, 10L);
            assertThat(cdn.get("fra", "/a", "X-Client", "two").statusCode()).isEqualTo(200);
        }
    }

    private static CompletableFuture<HttpResponse<String>> ask(TestCdn cdn, String path, String client)
            throws IOException {
        return cdn.client.sendAsync(cdn.request("fra", path, "X-Client", client).build(), BodyHandlers.ofString());
    }
}
