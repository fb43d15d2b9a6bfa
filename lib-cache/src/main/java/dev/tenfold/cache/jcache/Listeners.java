package dev.tenfold.cache.jcache;

import dev.tenfold.observe.Event;
import java.io.Closeable;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/** Whom to tell of changes. Told in the turn of the key, so in the order of its changes. */
final class Listeners<K, V> {

    private final Cache<K, V> source;
    private final String name;
    private final Copying copying;
    private final Executor executor;
    private final TenfoldConfiguration<K, V> configuration;
    private final List<Registration<K, V>> registrations = new CopyOnWriteArrayList<>();

    Listeners(
            Cache<K, V> source,
            String name,
            TenfoldConfiguration<K, V> configuration,
            Copying copying,
            Executor executor) {
        this.source = source;
        this.name = name;
        this.configuration = configuration;
        this.copying = copying;
        this.executor = executor;
        configuration.getCacheEntryListenerConfigurations().forEach(this::register);
    }

    void register(CacheEntryListenerConfiguration<K, V> listener) {
        registrations.add(new Registration<>(listener, executor, this::overrun));
    }

    /** Ends a registration; returns what the user has made for it and wants closed. */
    List<Closeable> deregister(CacheEntryListenerConfiguration<K, V> listener) {
        List<Registration<K, V>> ended =
                registrations.stream().filter(each -> each.isOf(listener)).toList();
        registrations.removeAll(ended);
        ended.forEach(Registration::end);
        return ended.stream().flatMap(each -> Closing.closeable(each.users())).toList();
    }

    /** Tells nobody any more, not even of what waits. */
    void end() {
        registrations.forEach(Registration::end);
    }

    Stream<Closeable> closeable() {
        return registrations.stream().flatMap(each -> Closing.closeable(each.users()));
    }

    void created(K key, V value) {
        tell(EventType.CREATED, key, value, null);
    }

    void updated(K key, V value, V before) {
        tell(EventType.UPDATED, key, value, before);
    }

    void removed(K key, V before) {
        tell(EventType.REMOVED, key, before, before);
    }

    void expired(K key, V before) {
        tell(EventType.EXPIRED, key, before, before);
    }

    /** Tells all, then throws what the first of them threw. */
    private void tell(EventType type, K key, V value, @Nullable V before) {
        EntryEvent<K, V> event = null;
        CacheEntryListenerException failed = null;
        for (Registration<K, V> each : registrations) {
            if (each.listensTo(type)) {
                if (event == null) {
                    event = event(type, key, value, before);
                }
                try {
                    each.tell(event);
                } catch (CacheEntryListenerException e) {
                    if (failed == null) {
                        failed = e;
                    } else {
                        failed.addSuppressed(e);
                    }
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    private EntryEvent<K, V> event(EventType type, K key, V value, @Nullable V before) {
        V shown = copying.copy(value);
        V shownBefore = before == null || before == value ? before : copying.copy(before);
        return new EntryEvent<>(source, type, copying.copy(key), shown, before == value ? shown : shownBefore);
    }

    private void overrun(int lost) {
        configuration
                .observer()
                .guarded()
                .on(new Event(
                        configuration.time().now(),
                        "cache/" + name,
                        "listener.overrun",
                        Level.WARNING,
                        "cache '" + name + "': " + lost + " events dropped: a listener is slower than the changes",
                        Map.of("dropped", lost)));
    }
}
