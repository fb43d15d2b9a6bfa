package dev.tenfold.coordination;

import dev.tenfold.topology.SnapshotCell.Watch;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A register in the memory of this process.
 *
 * <p><b>Invariant:</b> the version in {@code cell} only grows. <b>Writers:</b> any thread, by compare-and-set on the
 * reference, which is where a write takes effect. <b>Order:</b> a writer publishes to {@code cell} before it reads the list
 * of watchers, and a watcher joins the list before it reads {@code cell}, so one of the two brings it the newest value.
 */
final class MemoryRegister<V> implements VersionedRegister<V> {

    private final String name;
    private final RegisterEvents events;
    private final AtomicReference<@Nullable Versioned<V>> cell = new AtomicReference<>();
    private final List<Watcher<V>> watchers = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    MemoryRegister(String name, RegisterEvents events) {
        this.name = name;
        this.events = events;
    }

    @Override
    public Optional<Versioned<V>> read() {
        requireOpen();
        return Optional.ofNullable(cell.get());
    }

    @Override
    public Optional<Versioned<V>> compareAndSet(long expectedVersion, V value) {
        Registers.requireVersion(expectedVersion);
        requireOpen();
        Versioned<V> before = cell.get();
        Versioned<V> after = new Versioned<>(expectedVersion + 1, value);
        // One reference per version: losing the exchange means that the version has moved on.
        if (version(before) != expectedVersion || !cell.compareAndSet(before, after)) {
            return Optional.empty();
        }
        for (Watcher<V> watcher : watchers) {
            watcher.tell(after);
        }
        return Optional.of(after);
    }

    @Override
    public Watch watch(Consumer<? super Versioned<V>> listener) {
        Watcher<V> watcher = new Watcher<>(listener, events::listenerFailed);
        watchers.add(watcher);
        if (closed) {
            watchers.remove(watcher);
            throw Registers.closed(name);
        }
        Versioned<V> now = cell.get();
        if (now != null) {
            watcher.tell(now);
        }
        return () -> {
            watchers.remove(watcher);
            watcher.close();
        };
    }

    @Override
    public void close() {
        closed = true;
        watchers.forEach(Watcher::close);
        watchers.clear();
    }

    private static long version(@Nullable Versioned<?> versioned) {
        return versioned == null ? 0 : versioned.version();
    }

    private void requireOpen() {
        if (closed) {
            throw Registers.closed(name);
        }
    }

    @Override
    public String toString() {
        return "Register[" + name + " in memory]";
    }
}
