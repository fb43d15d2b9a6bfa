package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.cache.Removal.Cause;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Dropping by key, tag, prefix, predicate and everything: what goes, what stays, what a load may leave, who is told. */
class CacheInvalidationTest {

    record Product(String id, String category, String seller) {
        List<String> tags() {
            return List.of("category:" + category, "seller:" + seller);
        }
    }

    private final SimulatedTime time = new SimulatedTime();
    private final List<Removal<String, Product>> removals = new ArrayList<>();

    @Test
    void dropsWhatCarriesATagAndNothingElse() {
        Cache<String, Product> cache = filled();

        cache.invalidateTag("seller:s1");

        assertThat(cache.asMap().keySet()).containsExactlyInAnyOrder("p0", "p2", "p3", "p5", "p6", "p8");
        cache.invalidateTag("category:c0");
        assertThat(cache.asMap().keySet()).containsExactlyInAnyOrder("p3", "p5");
        cache.invalidateTag("unknown");
        assertThat(cache.stats().size()).isEqualTo(2);
    }

    @Test
    void followsTheTagsOfTheValueThatIsThereNow() {
        Cache<String, Product> cache = builder().build();
        cache.put("p", new Product("p", "old", "s"));
        cache.put("p", new Product("p", "new", "s"));

        cache.invalidateTag("category:old");
        assertThat(cache.getIfPresent("p")).isNotNull();
        cache.invalidateTag("category:new");
        assertThat(cache.getIfPresent("p")).isNull();
    }

    @Test
    void remembersNoTagsOfWhatIsGone() {
        Cache<String, Product> cache =
                builder().maximumSize(10).eviction(Eviction.FIFO).build();
        for (int i = 0; i < 1_000; i++) {
            cache.put("p" + i, new Product("p" + i, "c" + i, "s" + i % 3));
        }
        cache.invalidateAll();
        assertThat(cache.indexedTags()).isZero();
    }

    @Test
    void needsTagsToDropByTag() {
        Cache<String, Product> cache =
                Cache.<String, Product>builder("untagged").build();
        assertThatThrownBy(() -> cache.invalidateTag("t"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("build it with tags(...)");
    }

    @Test
    void dropsByPrefixPredicateAndKeys() {
        Cache<String, Product> cache = filled();
        cache.put("q1", new Product("q1", "c", "s"));

        cache.invalidatePrefix("p");
        assertThat(cache.asMap().keySet()).containsExactly("q1");
        cache.invalidateIf(key -> key.endsWith("1"));
        assertThat(cache.asMap()).isEmpty();
        cache.put("a", new Product("a", "c", "s"));
        cache.put("b", new Product("b", "c", "s"));
        cache.put("c", new Product("c", "c", "s"));
        cache.invalidateAll(List.of("a", "c", "unknown"));
        assertThat(cache.asMap().keySet()).containsExactly("b");
    }

    enum Way {
        KEY(cache -> cache.invalidate("p1")),
        KEYS(cache -> cache.invalidateAll(List.of("p1"))),
        TAG(cache -> cache.invalidateTag("seller:s1")),
        PREFIX(cache -> cache.invalidatePrefix("p")),
        PREDICATE(cache -> cache.invalidateIf("p1"::equals)),
        ALL(Cache::invalidateAll),
        REMOVE(cache -> cache.remove("p1")),
        MAP(cache -> cache.asMap().remove("p1"));

        final Consumer<Cache<String, Product>> invalidation;

        Way(Consumer<Cache<String, Product>> invalidation) {
            this.invalidation = invalidation;
        }
    }

    /** The load has read the old value when the invalidation comes; somebody asks in between. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void neverResurrectsByALoadThatBeganBefore(Way way) {
        AtomicReference<Cache<String, Product>> self = new AtomicReference<>();
        AtomicReference<String> category = new AtomicReference<>("old");
        List<String> seen = new ArrayList<>();
        self.set(builder().build(key -> {
            String read = category.get();
            if (seen.isEmpty()) {
                seen.add("invalidated");
                category.set("new");
                onAnotherThread(() -> {
                    way.invalidation.accept(self.get());
                    seen.add(self.get().get("p1").category());
                });
            }
            return new Product(key, read, "s1");
        }));

        assertThat(self.get().get("p1").category()).as("whoever asked before").isEqualTo("old");
        assertThat(seen).as("whoever asked after").containsExactly("invalidated", "new");
        assertThat(self.get().getIfPresent("p1").category()).isEqualTo("new");
    }

    @Test
    void keepsALoadThatTheInvalidatedTagDoesNotConcern() {
        AtomicReference<Cache<String, Product>> self = new AtomicReference<>();
        self.set(builder().build(key -> {
            onAnotherThread(() -> self.get().invalidateTag("seller:other"));
            return new Product(key, "c", "s1");
        }));
        self.get().get("p1");
        assertThat(self.get().getIfPresent("p1")).isNotNull();
        assertThat(self.get().stats().staleFillsRefused()).isZero();
    }

    @Test
    void tellsWhatLeftAndWhyInOrder() {
        Cache<String, Product> cache = builder()
                .onRemoval(removals::add)
                .expireAfterWrite(Duration.ofSeconds(10))
                .maximumSize(3)
                .eviction(Eviction.FIFO)
                .build();
        Product a = new Product("a", "c1", "s1");
        Product b = new Product("b", "c2", "s1");
        cache.put("a", a);
        cache.put("a", b);
        cache.invalidate("a");
        cache.put("a", a);
        cache.invalidateTag("category:c1");
        cache.put("a", b);
        cache.invalidatePrefix("a");
        cache.put("a", a);
        cache.invalidateAll();
        cache.put("a", a);
        time.advance(Duration.ofSeconds(10));
        assertThat(cache.getIfPresent("a")).isNull();
        for (String key : List.of("w", "x", "y", "z")) {
            cache.put(key, b);
        }
        assertThat(removals)
                .containsExactly(
                        new Removal<>("a", a, Cause.REPLACED),
                        new Removal<>("a", b, Cause.EXPLICIT),
                        new Removal<>("a", a, Cause.TAG),
                        new Removal<>("a", b, Cause.PREFIX),
                        new Removal<>("a", a, Cause.ALL),
                        new Removal<>("a", a, Cause.EXPIRED),
                        new Removal<>("w", b, Cause.SIZE));
    }

    @Test
    void survivesAListenerThatThrowsAndOneThatUsesTheCache() {
        AtomicReference<Cache<String, Product>> self = new AtomicReference<>();
        self.set(builder()
                .onRemoval(removal -> {
                    removals.add(removal);
                    if (removal.key().equals("p0")) {
                        throw new IllegalStateException("mine");
                    }
                    if (removal.key().equals("p1")) {
                        self.get().put("p2", removal.value());
                        self.get().invalidate("p2");
                    }
                })
                .build());
        for (String key : List.of("p0", "p1")) {
            self.get().put(key, new Product(key, "c", "s"));
            self.get().invalidate(key);
        }
        assertThat(removals).extracting(Removal::key).containsExactly("p0", "p1", "p2");
    }

    @Test
    void boundsByWeightAndWeighsAnew() {
        Cache<String, Product> cache = builder()
                .maximumWeight(10, (key, product) -> product.category().length())
                .eviction(Eviction.FIFO)
                .build();
        cache.put("a", new Product("a", "4444", "s"));
        cache.put("b", new Product("b", "4444", "s"));
        assertThat(cache.stats().weight()).isEqualTo(8);
        cache.put("c", new Product("c", "4444", "s"));
        assertThat(cache.asMap().keySet()).containsExactlyInAnyOrder("b", "c");
        cache.put("c", new Product("c", "22", "s"));
        assertThat(cache.stats().weight()).isEqualTo(6);
        assertThat(cache.stats().evictions()).isEqualTo(1);
        assertThatThrownBy(() -> cache.put("d", new Product("d", "", "s")))
                .hasMessageContaining("weight of key d: 0 (expected: >= 1)");
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void changesItsSizeWhileInUseAndKeepsWhatIsPinned() {
        Cache<String, Product> cache = builder()
                .maximumSize(100)
                .maximumPinned(10)
                .eviction(Eviction.FIFO)
                .onRemoval(removals::add)
                .build();
        for (int i = 0; i < 100; i++) {
            cache.put("p" + i, new Product("p" + i, "c", "s"));
        }
        assertThat(cache.pin("p0")).isTrue();
        assertThat(cache.pin("unknown")).isFalse();
        cache.resize(10);
        assertThat(cache.stats().size()).isEqualTo(10);
        assertThat(cache.getIfPresent("p0")).as("pinned").isNotNull();
        assertThat(removals).hasSize(90).allMatch(removal -> removal.cause() == Cause.SIZE);
        assertThat(cache.unpin("p0")).isTrue();
        cache.resize(20);
        for (int i = 200; i < 300; i++) {
            cache.put("p" + i, new Product("p" + i, "c", "s"));
        }
        assertThat(cache.stats().size()).isEqualTo(20);
        assertThat(cache.getIfPresent("p0")).isNull();
        assertThatThrownBy(() -> cache.resize(-1)).hasMessage("maximum: -1 (expected: >= 0)");
    }

    private static void onAnotherThread(Runnable task) {
        CompletableFuture.runAsync(task, work -> new Thread(work).start())
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    private Cache<String, Product> filled() {
        Cache<String, Product> cache = builder().build();
        IntStream.range(0, 9).forEach(i -> cache.put("p" + i, new Product("p" + i, "c" + i / 3 % 2, "s" + i % 3)));
        return cache;
    }

    private CacheBuilder<String, Product> builder() {
        return Cache.<String, Product>builder("products")
                .tags(Product::tags)
                .time(time)
                .executor(Runnable::run);
    }
}
