package dev.tenfold.coordination;

import dev.tenfold.Codec;
import dev.tenfold.coordination.Storage.Stored;
import dev.tenfold.error.CorruptDataException;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A register over some {@link Storage}: turns values into bytes, refuses to go back, and polls while it is watched.
 *
 * <p><b>Invariants:</b> {@code seen} is the highest version this object has handed out, and only grows; there is a {@code
 * poller} exactly while there are watchers. <b>Writers:</b> {@code seen} any thread, without a lock; {@code watchers} and
 * {@code poller} any thread, holding {@code changing}. <b>Readers:</b> {@code watchers} any thread, without a lock.
 * <b>Order:</b> a watcher joins the list before it reads the storage, and a writer reads the list after it has written the
 * storage, so one of the two brings it the newest value; changes by other processes come with the next poll.
 */
final class StoredRegister<V> implements VersionedRegister<V> {

    private final String name;
    private final Storage storage;
    private final Codec<V> codec;
    private final RegisterEvents events;
    private final @Nullable Function<Runnable, Poller> polling;
    private final AtomicLong seen = new AtomicLong();
    private final List<Watcher<V>> watchers = new CopyOnWriteArrayList<>();
    private final ReentrantLock changing = new ReentrantLock();
    private @Nullable Poller poller;
    private volatile boolean closed;

    /** @param polling makes a poller for a round, or is null where the register cannot be watched */
    StoredRegister(
            String name,
            Storage storage,
            Codec<V> codec,
            RegisterEvents events,
            @Nullable Function<Runnable, Poller> polling) {
        this.name = name;
        this.storage = storage;
        this.codec = codec;
        this.events = events;
        this.polling = polling;
    }

    @Override
    public Optional<Versioned<V>> read() {
        requireOpen();
        return load();
    }

    private Optional<Versioned<V>> load() {
        // Taken before the reading: another thread may see a newer version while this one still holds an older.
        long before = seen.get();
        Stored stored = storage.load();
        long version = stored == null ? 0 : stored.version();
        if (version < before) {
            throw new CorruptDataException(
                    storage.toString(), 0, "version " + version + " (expected: >= " + before + ", seen before)", null);
        }
        if (stored == null) {
            return Optional.empty();
        }
        Versioned<V> versioned = new Versioned<>(version, decode(stored.bytes()));
        seen.accumulateAndGet(version, Math::max);
        return Optional.of(versioned);
    }

    private V decode(byte[] bytes) {
        try {
            return codec.decode(bytes);
        } catch (IllegalArgumentException foreign) {
            throw new CorruptDataException(
                    storage.toString(), 0, "a value the codec cannot read: " + foreign.getMessage(), foreign);
        }
    }

    @Override
    public Optional<Versioned<V>> compareAndSet(long expectedVersion, V value) {
        Registers.requireVersion(expectedVersion);
        requireOpen();
        byte[] bytes = codec.encode(value);
        if (bytes.length > Registers.MAXIMUM_VALUE_BYTES) {
            throw new IllegalArgumentException("value of register '" + name + "': " + bytes.length
                    + " bytes (expected: at most " + Registers.MAXIMUM_VALUE_BYTES + ")");
        }
        if (!storage.replace(expectedVersion, bytes)) {
            return Optional.empty();
        }
        Versioned<V> written = new Versioned<>(expectedVersion + 1, value);
        seen.accumulateAndGet(written.version(), Math::max);
        tell(written);
        return Optional.of(written);
    }

    @Override
    public Watch watch(Consumer<? super Versioned<V>> listener) {
        Watcher<V> watcher = new Watcher<>(listener, events::listenerFailed);
        join(watcher);
        try {
            load().ifPresent(watcher::tell);
        } catch (Throwable failure) {
            leave(watcher);
            throw failure;
        }
        return () -> leave(watcher);
    }

    private void join(Watcher<V> watcher) {
        if (polling == null) {
            throw new IllegalStateException("register '" + name
                    + "' cannot be watched without a scheduler (call scheduler(...) on its builder)");
        }
        changing.lock();
        try {
            requireOpen();
            if (poller == null) {
                Poller first = polling.apply(this::poll);
                first.start();
                poller = first;
            }
            watchers.add(watcher);
        } finally {
            changing.unlock();
        }
    }

    private void leave(Watcher<V> watcher) {
        changing.lock();
        try {
            watchers.remove(watcher);
            if (watchers.isEmpty()) {
                stopPolling();
            }
        } finally {
            changing.unlock();
        }
        watcher.close();
    }

    private void stopPolling() {
        Poller last = poller;
        if (last != null) {
            last.stop();
            poller = null;
        }
    }

    private void poll() {
        try {
            load().ifPresent(this::tell);
        } catch (RuntimeException failure) {
            events.watchFailed(failure);
            return;
        }
        events.watchWorked();
    }

    private void tell(Versioned<V> news) {
        for (Watcher<V> watcher : watchers) {
            watcher.tell(news);
        }
    }

    @Override
    public void close() {
        List<Watcher<V>> last;
        changing.lock();
        try {
            closed = true;
            stopPolling();
            last = List.copyOf(watchers);
            watchers.clear();
        } finally {
            changing.unlock();
        }
        last.forEach(Watcher::close);
    }

    private void requireOpen() {
        if (closed) {
            throw Registers.closed(name);
        }
    }

    @Override
    public String toString() {
        return "Register[" + name + " in " + storage + "]";
    }
}
