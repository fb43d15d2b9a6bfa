package dev.tenfold.cache.edge.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Coordinates;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the public cache tests do not ask: bounds, sharing between clients, and that nothing is held open. */
@Timeout(60)
class HttpCacheTest {

    private static final Coordinates HERE = Coordinates.of(0, 0);

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final SimulatedTime time = new SimulatedTime();
    private final Deque<Runnable> background = new ArrayDeque<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private HttpOrigin origin = request -> ok("hello", "Cache-Control", "max-age=60");
    private HttpCache cache = cache(builder -> builder);

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void keepsNoMoreVariantsThanItMay() {
        cache = cache(builder -> builder.rules(CacheRules.defaults().withMaximumVariants(3)));
        origin = request -> ok(request.fields().value("Foo"), "Cache-Control", "max-age=60", "Vary", "Foo");
        for (int i = 0; i < 5; i++) {
            assertThat(get("/a", "Foo", "v" + i)).isEqualTo("v" + i);
        }
        assertThat(cache.stats("here").size()).isEqualTo(3);
        get("/a", "Foo", "v4");
        assertThat(asked).as("the newest is there").hasValue(5);
        get("/a", "Foo", "v0");
        assertThat(asked).as("the oldest is not").hasValue(6);
        get("/a", "Foo", "long ".repeat(1_000));
        assertThat(get("/a", "Foo", "long ".repeat(1_000))).startsWith("long long");
        assertThat(asked).as("a long value is one like any other").hasValue(7);
    }

    @Test
    void concurrentMissesOfSeveralVariantsAreOneRequestEachAndNeverMixed() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        origin = request -> {
            go.await();
            return ok(request.fields().value("Foo"), "Cache-Control", "max-age=60", "Vary", "Foo");
        };
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            String variant = "v" + i % 3;
            answers.add(pool.submit(() -> get("/a", "Foo", variant)));
        }
        awaitRequests(60);
        go.countDown();
        for (int i = 0; i < 60; i++) {
            assertThat(answers.get(i).get()).isEqualTo("v" + i % 3);
        }
        assertThat(asked).as("at most one more for each variant than need be").hasValueLessThanOrEqualTo(6);
    }

    @Test
    void whatIsPrivateIsGivenToNobodyElse() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        for (String control : List.of("private, max-age=60", "no-store", "max-age=60|Set-Cookie")) {
            origin = request -> {
                go.await();
                String who = request.fields().value("Cookie");
                return control.endsWith("Set-Cookie")
                        ? ok(who, "Cache-Control", "max-age=60", "Set-Cookie", "id=" + who)
                        : ok(who, "Cache-Control", control);
            };
            cache = cache(builder -> builder);
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                String who = "user" + i;
                answers.add(pool.submit(() -> get("/cart", "Cookie", who)));
            }
            awaitRequests(20);
            go.countDown();
            for (int i = 0; i < 20; i++) {
                assertThat(answers.get(i).get()).as(control).isEqualTo("user" + i);
            }
        }
    }

    @Test
    void whatCredentialsWereSentForIsSharedOnlyIfItIsForEverybody() {
        origin = request -> ok("for " + request.fields().value("Authorization"), "Cache-Control", "max-age=60");
        assertThat(get("/own", "Authorization", "a")).isEqualTo("for a");
        assertThat(get("/own", "Authorization", "b")).isEqualTo("for b");
        assertThat(get("/own")).isEqualTo("for null");
        assertThat(get("/own", "Authorization", "a"))
                .as("what is public is for those, too")
                .isEqualTo("for null");
        origin = request -> ok("page", "Cache-Control", "public, max-age=60");
        get("/page", "Authorization", "a");
        int before = asked.get();
        get("/page");
        get("/page", "Authorization", "b");
        assertThat(asked).hasValue(before);
    }

    @Test
    void givesEveryPlaceAtTheOriginBack() throws Exception {
        cache = cache(builder -> builder.misses(1, 1, 1).queueTimeout(Duration.ZERO));
        origin = request -> stream(
                200, "x".repeat(100), "Cache-Control", "max-age=1, stale-while-revalidate=60, stale-if-error=60");
        get("/a");
        time.advance(Duration.ofSeconds(2));
        origin = request -> stream(200, "mine", "Cache-Control", "private");
        get("/a");
        runBackground();
        assertThat(open).as("renewed in the background, and for nobody").hasValue(0);
        time.advance(Duration.ofSeconds(61));
        get("/a");
        origin = request -> stream(200, "old", "Cache-Control", "max-age=1, stale-if-error=600");
        get("/b");
        time.advance(Duration.ofSeconds(2));
        origin = request -> stream(503, "x".repeat(2 << 20), "Cache-Control", "max-age=60");
        assertThat(get("/b")).isEqualTo("old");
        assertThat(open).as("a large failure that a stale copy replaced").hasValue(0);
        origin = request -> new Response(200, Fields.of("Cache-Control", "max-age=60"), counted(new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("broken");
            }
        }));
        assertThat(serve("/c").status()).isEqualTo(502);
        origin = request -> stream(200, "large", "ETag", "\"x\"", "Cache-Control", "no-store");
        Response notModified = serve("/d", "If-None-Match", "\"x\"");
        assertThat(notModified.status()).isEqualTo(304);
        Response passed = serve("/e");
        assertThat(serve("/f").status()).as("the one place is taken").isEqualTo(429);
        passed.body().close();
        assertThat(open).hasValue(0);
        assertThat(serve("/f").status()).isEqualTo(200);
    }

    @Test
    void concurrentMissesOfAFailingOriginAreOneRequest() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        origin = request -> {
            go.await();
            return Response.of(503, Fields.none(), "unwell");
        };
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(pool.submit(() -> get("/a")));
        }
        awaitRequests(20);
        go.countDown();
        for (Future<String> each : answers) {
            assertThat(each.get()).isEqualTo("unwell");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatMustBeValidatedIsNeverServedStale() {
        for (String control : List.of("must-revalidate", "proxy-revalidate", "no-cache")) {
            cache = cache(
                    builder -> builder.rules(CacheRules.defaults().withStale(Duration.ZERO, Duration.ofHours(1))));
            origin = request -> ok("x", "Cache-Control", "max-age=1, stale-if-error=60, " + control, "ETag", "\"1\"");
            get("/a");
            time.advance(Duration.ofSeconds(2));
            origin = request -> {
                throw new IOException("down");
            };
            assertThat(serve("/a", "Cache-Control", "max-stale=60").status())
                    .as(control)
                    .isEqualTo(502);
        }
    }

    @Test
    void contentOfAGetDoesNotReachTheOriginWhereTheAnswerMayBeKept() {
        List<Long> lengths = new ArrayList<>();
        origin = request -> {
            lengths.add(request.body().length());
            return ok("x", "Cache-Control", "max-age=60");
        };
        Body body = Body.of("poison".getBytes(StandardCharsets.UTF_8));
        cache.serve(HERE, new Request("GET", "/a", Fields.none(), body, "c"));
        assertThat(lengths).containsExactly(0L);
    }

    @Test
    void aNotModifiedRenewsTheCopy() {
        origin = request -> request.fields().has("If-None-Match")
                ? Response.of(304, Fields.of("Cache-Control", "max-age=600", "X", "2"), "")
                : ok("x", "Cache-Control", "max-age=1", "ETag", "\"1\"", "X", "1");
        get("/a");
        time.advance(Duration.ofSeconds(2));
        Response renewed = serve("/a");
        assertThat(renewed.fields().value("X")).isEqualTo("2");
        assertThat(renewed.fields().value("Cache-Status"))
                .isEqualTo("cdn; fwd=stale; fwd-status=304; stored; ttl=600; detail=\"here/origin\"");
        time.advance(Duration.ofSeconds(599));
        Response hit = serve("/a");
        assertThat(hit.fields().value("Age")).isEqualTo("599");
        assertThat(hit.fields().value("Cache-Status")).isEqualTo("cdn; hit; ttl=1; detail=\"here/edge\"");
        assertThat(asked).hasValue(2);
    }

    @Test
    void tiersInSeveralProcessesDoNotAddUpLifetimes() {
        HttpCache shield = HttpCache.builder("shield")
                .edge("there", HERE)
                .time(time)
                .observer(Observer.none())
                .build(request -> ok("v" + asked.incrementAndGet(), "Cache-Control", "max-age=60"));
        HttpCache edge = HttpCache.builder("edge")
                .edge("here", HERE)
                .time(time)
                .observer(Observer.none())
                .build(request -> shield.serve(HERE, request));
        Request request = Request.get("/a", Fields.none());
        shield.serve(HERE, request);
        time.advance(Duration.ofSeconds(40));
        assertThat(edge.serve(HERE, request).fields().value("Age")).isEqualTo("40");
        time.advance(Duration.ofSeconds(19));
        Response hit = edge.serve(HERE, request);
        assertThat(hit.fields().value("Age")).isEqualTo("59");
        assertThat(hit.fields().lines("Cache-Status"))
                .containsExactly(
                        "shield; hit; ttl=20; detail=\"there/edge\"", "edge; hit; ttl=1; detail=\"here/edge\"");
        time.advance(Duration.ofSeconds(1));
        edge.serve(HERE, request);
        assertThat(asked).hasValue(2);
    }

    @Test
    void ignoresWhatRequestsSayWhereItIsToldSo() {
        cache = cache(builder -> builder.honourRequestDirectives(false));
        get("/a");
        get("/a", "Cache-Control", "no-cache");
        get("/a", "Cache-Control", "no-store");
        get("/a", "Cache-Control", "max-age=0");
        assertThat(asked).hasValue(1);
    }

    @Test
    void datesWhatTheOriginDidNotDate() {
        assertThat(serve("/a").fields().value("Date")).isEqualTo(HttpDates.format(time.now()));
    }

    @Test
    void reportsEverythingThatIsWrongAtOnce() {
        assertThatThrownBy(() -> HttpCache.builder("a cdn")
                        .edge("here", HERE)
                        .misses(0, 5, 0)
                        .maximumClients(0)
                        .build(request -> ok("x")))
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        e -> assertThat(e.problems()).hasSize(5));
    }

    private String get(String target, String... fields) {
        try (Body body = serve(target, fields).body()) {
            return new String(body.stream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Response serve(String target, String... fields) {
        return cache.serve(HERE, Request.get(target, Fields.of(fields)));
    }

    private static Response ok(String body, String... fields) {
        return Response.of(200, Fields.of(fields), body == null ? "null" : body);
    }

    private Response stream(int status, String body, String... fields) {
        InputStream in = new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8));
        return new Response(status, Fields.of(fields), counted(in));
    }

    private Body counted(InputStream in) {
        open.incrementAndGet();
        return Body.of(in, -1).closing(open::decrementAndGet);
    }

    private void runBackground() {
        while (!background.isEmpty()) {
            background.remove().run();
        }
    }

    private void awaitRequests(int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (cache.stats("here").requests() < count) {
            assertThat(System.nanoTime() - end).as("waited 30 s").isNegative();
            Thread.yield();
        }
    }

    private HttpCache cache(UnaryOperator<HttpCacheBuilder> configure) {
        return configure
                .apply(HttpCache.builder("cdn")
                        .edge("here", HERE)
                        .executor(background::add)
                        .time(time)
                        .scheduler(time)
                        .observer(Observer.none()))
                .build(request -> {
                    asked.incrementAndGet();
                    return origin.send(request);
                });
    }
}
