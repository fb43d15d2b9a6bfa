package dev.tenfold.cache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.testing.SimulatedTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.configuration.FactoryBuilder.SingletonFactory;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.event.EventType;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheWriter;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Against a map with due times, for any expiry policy: one thread sees the values, the store behind gets the writes, and a
 * listener hears the changes, that the specification's tables ask for.
 */
class JCacheModelProperties {

    /** What is done, to which key, with which number: a value, or seconds to pass. */
    record Step(Kind kind, int key, int number) {}

    enum Kind {
        GET,
        GET_ALL,
        CONTAINS_KEY,
        PUT,
        PUT_ALL,
        GET_AND_PUT,
        PUT_IF_ABSENT,
        REMOVE,
        REMOVE_IF_EQUAL,
        GET_AND_REMOVE,
        REPLACE,
        REPLACE_IF_EQUAL,
        GET_AND_REPLACE,
        ADD,
        PROCESS_AND_REMOVE,
        ITERATE,
        PASS_TIME
    }

    /** How many seconds an entry lives after each; below 0 for no answer. */
    record Policy(int creation, int access, int update) implements ExpiryPolicy {
        @Override
        public Duration getExpiryForCreation() {
            return duration(creation);
        }

        @Override
        public Duration getExpiryForAccess() {
            return duration(access);
        }

        @Override
        public Duration getExpiryForUpdate() {
            return duration(update);
        }

        private static Duration duration(int seconds) {
            return seconds < 0 ? null : new Duration(TimeUnit.SECONDS, seconds);
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.of(Kind.class),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(1, 4))
                .as(Step::new)
                .list()
                .ofMaxSize(60);
    }

    @Provide
    Arbitrary<Policy> policies() {
        Arbitrary<Integer> seconds = Arbitraries.integers().between(-1, 5);
        return Combinators.combine(Arbitraries.integers().between(0, 5), seconds, seconds)
                .as(Policy::new);
    }

    @Property(tries = 1000)
    void behavesLikeAMapWithDueTimes(@ForAll("steps") List<Step> steps, @ForAll("policies") Policy policy) {
        Model model = new Model(policy);
        TenfoldCachingProvider provider = new TenfoldCachingProvider();
        Cache<Integer, Integer> cache = provider.getCacheManager()
                .createCache(
                        "model",
                        new TenfoldConfiguration<Integer, Integer>()
                                .time(model.time)
                                .executor(Runnable::run)
                                .setExpiryPolicyFactory(new SingletonFactory<>(policy))
                                .setWriteThrough(true)
                                .setCacheWriterFactory(new SingletonFactory<>(model.behind)));
        Told told = new Told();
        cache.registerCacheEntryListener(
                new MutableCacheEntryListenerConfiguration<>(new SingletonFactory<>(told), null, true, true));
        for (Step step : steps) {
            int key = step.key;
            int number = step.number;
            Integer before = model.value(key);
            boolean equal = Objects.equals(before, number);
            switch (step.kind) {
                case GET -> {
                    assertThat(cache.get(key)).isEqualTo(before);
                    model.access(key);
                }
                case GET_ALL -> {
                    assertThat(cache.getAll(Set.of(0, 1, 2, 3))).isEqualTo(model.values());
                    model.accessAll();
                }
                case CONTAINS_KEY -> assertThat(cache.containsKey(key)).isEqualTo(before != null);
                case PUT -> {
                    cache.put(key, number);
                    model.put(key, number);
                }
                case PUT_ALL -> {
                    cache.putAll(new TreeMap<>(Map.of(key, number, key + 1, number)));
                    model.put(key, number);
                    model.put(key + 1, number);
                }
                case GET_AND_PUT -> {
                    assertThat(cache.getAndPut(key, number)).isEqualTo(before);
                    model.put(key, number);
                }
                case PUT_IF_ABSENT -> {
                    assertThat(cache.putIfAbsent(key, number)).isEqualTo(before == null);
                    if (before == null) {
                        model.put(key, number);
                    }
                }
                case REMOVE -> {
                    assertThat(cache.remove(key)).isEqualTo(before != null);
                    model.remove(key);
                }
                case REMOVE_IF_EQUAL -> {
                    assertThat(cache.remove(key, number)).isEqualTo(equal);
                    if (equal) {
                        model.remove(key);
                    } else {
                        model.access(key);
                    }
                }
                case GET_AND_REMOVE -> {
                    assertThat(cache.getAndRemove(key)).isEqualTo(before);
                    model.remove(key);
                }
                case REPLACE -> {
                    assertThat(cache.replace(key, number)).isEqualTo(before != null);
                    model.replace(key, number);
                }
                case REPLACE_IF_EQUAL -> {
                    assertThat(cache.replace(key, number, number + 10)).isEqualTo(equal);
                    if (equal) {
                        model.put(key, number + 10);
                    } else {
                        model.access(key);
                    }
                }
                case GET_AND_REPLACE -> {
                    assertThat(cache.getAndReplace(key, number)).isEqualTo(before);
                    model.replace(key, number);
                }
                case ADD -> {
                    Integer sum = cache.invoke(key, (entry, arguments) -> {
                        int next = (entry.exists() ? entry.getValue() : 0) + number;
                        entry.setValue(next);
                        return next;
                    });
                    assertThat(sum).isEqualTo((before == null ? 0 : before) + number);
                    model.put(key, sum);
                }
                case PROCESS_AND_REMOVE -> {
                    cache.invoke(key, (entry, arguments) -> {
                        entry.remove();
                        return null;
                    });
                    model.remove(key);
                }
                case ITERATE -> {
                    Map<Integer, Integer> seen = new HashMap<>();
                    cache.forEach(entry -> seen.put(entry.getKey(), entry.getValue()));
                    assertThat(seen).isEqualTo(model.values());
                    model.accessAll();
                }
                case PASS_TIME -> model.time.advance(java.time.Duration.ofSeconds(number));
            }
        }
        assertThat(model.behind.store).isEqualTo(model.store);
        assertThat(told.changes).containsExactlyElementsOf(model.changes);
        told.assertThatEveryEntryWasCreatedOnceAndLeftOnce();
        provider.close();
    }

    private static final class Model {
        final SimulatedTime time = new SimulatedTime();
        final Map<Integer, Entry> entries = new HashMap<>();
        final Map<Integer, Integer> store = new HashMap<>();
        final List<String> changes = new ArrayList<>();
        final Behind behind = new Behind();
        final Policy policy;

        record Entry(int value, long due) {}

        Model(Policy policy) {
            this.policy = policy;
        }

        Integer value(int key) {
            Entry entry = entries.get(key);
            return entry == null || time.nanoTime() >= entry.due ? null : entry.value;
        }

        Map<Integer, Integer> values() {
            Map<Integer, Integer> values = new HashMap<>();
            entries.keySet().stream().filter(key -> value(key) != null).forEach(key -> values.put(key, value(key)));
            return values;
        }

        private long due(int seconds, long otherwise) {
            return seconds < 0 ? otherwise : time.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        }

        void access(int key) {
            if (value(key) != null) {
                entries.computeIfPresent(key, (k, entry) -> new Entry(entry.value, due(policy.access, entry.due)));
            }
        }

        void accessAll() {
            values().keySet().forEach(this::access);
        }

        void put(int key, int value) {
            store.put(key, value);
            Integer before = value(key);
            if (before != null) {
                entries.put(key, new Entry(value, due(policy.update, entries.get(key).due)));
                changes.add("UPDATED " + key + " " + before + " " + value);
            } else if (policy.creation > 0) {
                entries.put(key, new Entry(value, due(policy.creation, 0)));
                changes.add("CREATED " + key + " null " + value);
            }
        }

        void replace(int key, int value) {
            if (value(key) != null) {
                put(key, value);
            }
        }

        void remove(int key) {
            store.remove(key);
            Integer before = value(key);
            entries.remove(key);
            if (before != null) {
                changes.add("REMOVED " + key + " " + before + " " + before);
            }
        }
    }

    private static final class Behind implements CacheWriter<Integer, Integer> {
        final Map<Integer, Integer> store = new HashMap<>();

        @Override
        public void write(Cache.Entry<? extends Integer, ? extends Integer> entry) {
            store.put(entry.getKey(), entry.getValue());
        }

        @Override
        public void writeAll(Collection<Cache.Entry<? extends Integer, ? extends Integer>> entries) {
            entries.forEach(this::write);
        }

        @Override
        public void delete(Object key) {
            store.remove(key);
        }

        @Override
        public void deleteAll(Collection<?> keys) {
            keys.forEach(this::delete);
        }
    }

    /** When an expiry is told is left to us; that it is told once, between the others, is not. */
    private static final class Told
            implements CacheEntryCreatedListener<Integer, Integer>,
                    CacheEntryUpdatedListener<Integer, Integer>,
                    CacheEntryRemovedListener<Integer, Integer>,
                    CacheEntryExpiredListener<Integer, Integer> {

        final List<String> changes = new ArrayList<>();
        final Map<Integer, Boolean> present = new HashMap<>();
        final List<String> outOfOrder = new ArrayList<>();

        private void told(Iterable<CacheEntryEvent<? extends Integer, ? extends Integer>> events) {
            events.forEach(event -> {
                EventType type = event.getEventType();
                boolean was = present.getOrDefault(event.getKey(), false);
                if (was == (type == EventType.CREATED)) {
                    outOfOrder.add(event.toString());
                }
                present.put(event.getKey(), type == EventType.CREATED || type == EventType.UPDATED);
                if (type != EventType.EXPIRED) {
                    changes.add(type + " " + event.getKey() + " " + event.getOldValue() + " " + event.getValue());
                }
            });
        }

        void assertThatEveryEntryWasCreatedOnceAndLeftOnce() {
            assertThat(outOfOrder).isEmpty();
        }

        @Override
        public void onCreated(Iterable<CacheEntryEvent<? extends Integer, ? extends Integer>> events) {
            told(events);
        }

        @Override
        public void onUpdated(Iterable<CacheEntryEvent<? extends Integer, ? extends Integer>> events) {
            told(events);
        }

        @Override
        public void onRemoved(Iterable<CacheEntryEvent<? extends Integer, ? extends Integer>> events) {
            told(events);
        }

        @Override
        public void onExpired(Iterable<CacheEntryEvent<? extends Integer, ? extends Integer>> events) {
            told(events);
        }
    }
}
