package dev.tenfold.cache.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.cache.InvalidationBus.Message;
import dev.tenfold.cache.RemoteTier;
import dev.tenfold.cache.RemoteTier.Entry;
import dev.tenfold.cache.RemoteTier.Reading;
import dev.tenfold.session.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every {@link RemoteTier} must do. Extend it with one class per implementation; each test expects a tier of its own
 * that holds nothing.
 */
public abstract class RemoteTierContract {

    private static final Position EARLY = new Position("s1", 1, 10);
    private static final Position LATE = new Position("s1", 1, 20);

    /** For subclasses. */
    protected RemoteTierContract() {}

    /**
     * Opens the tier of this test, as another node would.
     *
     * @return another handle on the same entries
     * @throws Exception as it likes
     */
    protected abstract RemoteTier<String, String> open() throws Exception;

    private static Entry<String> entry(@Nullable String value, String... tags) {
        return new Entry<>(value, EARLY, LATE, Duration.ZERO, Duration.ofMinutes(5), List.of(tags));
    }

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static Message<String> message(List<String> keys, List<String> tags, List<String> prefixes, boolean all) {
        return new Message<>("test", "me", keys, tags, prefixes, all);
    }

    private static Message<String> key(String key) {
        return message(List.of(key), List.of(), List.of(), false);
    }

    private static Message<String> tag(String tag) {
        return message(List.of(), List.of(tag), List.of(), false);
    }

    private static @Nullable String value(RemoteTier<String, String> tier, String key) throws Exception {
        Entry<String> entry = done(tier.get(key)).entry();
        return entry == null ? null : entry.value();
    }

    @Test
    void keepsWhatWasLoadedUnderTheLeaseOfItsMiss() throws Exception {
        RemoteTier<String, String> tier = open();
        Reading<String> miss = done(tier.get("k"));
        assertThat(miss.entry()).isNull();
        assertThat(miss.lease()).isNotEqualTo(RemoteTier.NO_LEASE);

        Entry<String> loaded =
                new Entry<>("v", EARLY, LATE, 77, Duration.ofSeconds(3), Duration.ofMinutes(5), List.of("t", "ü"));
        assertThat(done(tier.fill("k", miss.lease(), loaded))).isTrue();

        Entry<String> held = done(open().get("k")).entry();
        assertThat(held).isNotNull();
        assertThat(held.value()).isEqualTo("v");
        assertThat(held.position()).isEqualTo(EARLY);
        assertThat(held.seen()).isEqualTo(LATE);
        assertThat(held.read()).isEqualTo(77);
        assertThat(held.lifetime()).isEqualTo(Duration.ofMinutes(5));
        assertThat(held.age()).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(30));
        assertThat(held.tags()).containsExactly("t", "ü");
        assertThat(value(tier, "other")).isNull();
    }

    @Test
    void keepsThatAKeyHasNoValue() throws Exception {
        RemoteTier<String, String> tier = open();
        done(tier.fill("k", done(tier.get("k")).lease(), entry(null)));
        Entry<String> held = done(tier.get("k")).entry();
        assertThat(held).isNotNull();
        assertThat(held.value()).isNull();
    }

    @Test
    void keepsNothingWithoutALeaseOrTwiceUnderOne() throws Exception {
        RemoteTier<String, String> tier = open();
        assertThat(done(tier.fill("k", RemoteTier.NO_LEASE, entry("v")))).isFalse();
        assertThat(value(tier, "k")).isNull();
        long lease = done(tier.get("k")).lease();
        assertThat(done(tier.fill("k", lease, entry("first")))).isTrue();
        assertThat(done(tier.fill("k", lease, entry("second")))).isFalse();
        assertThat(value(tier, "k")).isEqualTo("first");
    }

    @Test
    void replacesAnEntryUnderTheLeaseOfItsReading() throws Exception {
        RemoteTier<String, String> tier = open();
        done(tier.put("k", entry("old")));
        Reading<String> hit = done(tier.get("k"));
        assertThat(hit.lease()).isNotEqualTo(RemoteTier.NO_LEASE);
        assertThat(done(tier.fill("k", hit.lease(), entry("new")))).isTrue();
        assertThat(value(tier, "k")).isEqualTo("new");
        assertThat(done(tier.fill("k", hit.lease(), entry("late")))).isFalse();
    }

    @Test
    void aPutMakesLeasesVoid() throws Exception {
        RemoteTier<String, String> slow = open();
        RemoteTier<String, String> tier = open();
        long lease = done(slow.get("k")).lease();
        done(tier.put("k", entry("new")));
        assertThat(done(slow.fill("k", lease, entry("old")))).isFalse();
        assertThat(value(slow, "k")).isEqualTo("new");
    }

    @Test
    void anInvalidationDropsTheEntryAndMakesLeasesVoid() throws Exception {
        RemoteTier<String, String> slow = open();
        RemoteTier<String, String> tier = open();
        long lease = done(slow.get("k")).lease();
        done(tier.invalidate(key("k")));
        assertThat(done(slow.fill("k", lease, entry("old")))).isFalse();
        assertThat(value(slow, "k")).isNull();

        done(tier.put("k", entry("new")));
        long later = done(slow.get("k")).lease();
        done(tier.invalidate(key("k")));
        assertThat(value(slow, "k")).isNull();
        assertThat(done(slow.fill("k", later, entry("old")))).isFalse();
    }

    @Test
    void aTagDropsWhatHasItAndMakesLeasesVoidForWhatIsToHaveIt() throws Exception {
        RemoteTier<String, String> tier = open();
        done(tier.put("a", entry("1", "red", "round")));
        done(tier.put("b", entry("2", "blue")));
        long lease = done(tier.get("c")).lease();
        long other = done(tier.get("d")).lease();

        done(tier.invalidate(tag("red")));

        assertThat(value(tier, "a")).isNull();
        assertThat(value(tier, "b")).isEqualTo("2");
        assertThat(done(tier.fill("c", lease, entry("old", "red")))).isFalse();
        assertThat(done(tier.fill("d", other, entry("4", "blue")))).isTrue();
        done(tier.put("a", entry("5", "red")));
        assertThat(value(tier, "a")).isEqualTo("5");
    }

    @Test
    void aPrefixDropsTheKeysThatBeginWithIt() throws Exception {
        RemoteTier<String, String> tier = open();
        done(tier.put("user:1", entry("1")));
        done(tier.put("order:1", entry("2")));
        long lease = done(tier.get("user:2")).lease();

        done(tier.invalidate(message(List.of(), List.of(), List.of("user:"), false)));

        assertThat(value(tier, "user:1")).isNull();
        assertThat(value(tier, "order:1")).isEqualTo("2");
        assertThat(done(tier.fill("user:2", lease, entry("old")))).isFalse();
        long next = done(tier.get("user:2")).lease();
        assertThat(done(tier.fill("user:2", next, entry("new")))).isTrue();
    }

    @Test
    void allDropsEverything() throws Exception {
        RemoteTier<String, String> tier = open();
        done(tier.put("a", entry("1", "red")));
        long lease = done(tier.get("b")).lease();
        done(tier.invalidate(message(List.of(), List.of(), List.of(), true)));
        assertThat(value(tier, "a")).isNull();
        assertThat(done(tier.fill("b", lease, entry("old")))).isFalse();
        done(tier.put("a", entry("2", "red")));
        assertThat(value(tier, "a")).isEqualTo("2");
    }

    /** However many were remembered, none is forgotten as long as it could matter. */
    @Test
    void remembersManyTagsAndPrefixes() throws Exception {
        RemoteTier<String, String> tier = open();
        done(tier.put("first", entry("1", "tag0")));
        done(tier.put("prefix0:x", entry("2")));
        List<String> tags = new ArrayList<>();
        for (int i = 0; i < 11_000; i++) {
            tags.add("tag" + i);
        }
        for (int i = 0; i < 100; i++) {
            done(tier.invalidate(message(List.of(), List.of(), List.of("prefix" + i + ":"), false)));
        }
        for (int i = 0; i < tags.size(); i += 1_000) {
            done(tier.invalidate(message(List.of(), tags.subList(i, i + 1_000), List.of(), false)));
        }
        assertThat(value(tier, "first")).isNull();
        assertThat(value(tier, "prefix0:x")).isNull();
        done(tier.put("first", entry("3", "tag0")));
        assertThat(value(tier, "first")).isEqualTo("3");
    }

    @Test
    void dropsAnEntryWhoseLifeIsOver() throws Exception {
        RemoteTier<String, String> tier = open();
        Entry<String> old = new Entry<>("v", EARLY, LATE, Duration.ofMinutes(6), Duration.ofMinutes(5), List.of());
        done(tier.put("k", entry("older")));
        done(tier.put("k", old));
        assertThat(value(tier, "k")).isNull();
    }
}
