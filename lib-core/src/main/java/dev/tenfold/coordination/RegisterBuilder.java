package dev.tenfold.coordination;

import dev.tenfold.Codec;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Builds a register over a file or a table; {@link Registers} starts one. Building opens nothing and starts nothing. Not
 * thread-safe.
 *
 * @param <V> the kind of value, immutable
 */
public final class RegisterBuilder<V> {

    /** How often a watched register looks for changes by other processes, unless set. */
    public static final Duration DEFAULT_POLL_INTERVAL = Duration.ofSeconds(1);

    private final String name;
    private final Codec<V> codec;
    private final Validation check;
    private final Supplier<Storage> storage;
    private Duration pollInterval = DEFAULT_POLL_INTERVAL;
    private @Nullable Scheduler scheduler;
    private Executor executor = Runnable::run;
    private Observer observer = Observer.slf4j();
    private TimeSource time = TimeSource.system();

    /** @param check holds what was found wrong with the storage's own options */
    RegisterBuilder(String name, Codec<V> codec, Validation check, Supplier<Storage> storage) {
        this.name = name;
        this.codec = codec;
        this.check = check;
        this.storage = storage;
    }

    /**
     * Sets how often the storage is read while someone watches; nothing is read while nobody does.
     *
     * @param pollInterval the pause between two readings, at least 1 ms; default 1 s
     * @return this
     */
    public RegisterBuilder<V> pollInterval(Duration pollInterval) {
        this.pollInterval = pollInterval;
        return this;
    }

    /**
     * Sets who times the polls. Needed for {@link VersionedRegister#watch} and for nothing else.
     *
     * @param scheduler outlives the register; not closed with it
     * @return this
     */
    public RegisterBuilder<V> scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets who runs the polls, which block on storage, and so the listeners. By default the scheduler's own thread does:
     * right for a scheduler that has nothing urgent to do.
     *
     * @param executor outlives the register; not closed with it
     * @return this
     */
    public RegisterBuilder<V> executor(Executor executor) {
        this.executor = executor;
        return this;
    }

    /**
     * Sets who is told when watching fails, recovers, or a listener throws ({@code watch.failing}, {@code watch.recovered},
     * {@code listener.failed}).
     *
     * @param observer default {@link Observer#slf4j()}
     * @return this
     */
    public RegisterBuilder<V> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets the clock that dates the events.
     *
     * @param time default {@link TimeSource#system()}
     * @return this
     */
    public RegisterBuilder<V> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Builds the register.
     *
     * @return a register that touches its storage at the first call
     * @throws dev.tenfold.error.InvalidConfigurationException if anything given here or to {@link Registers} does not fit
     */
    public VersionedRegister<V> build() {
        check.require(pollInterval.compareTo(Duration.ofMillis(1)) >= 0, "pollInterval", pollInterval, "at least 1 ms");
        check.throwIfInvalid();
        RegisterEvents events = new RegisterEvents(name, observer, time);
        return new StoredRegister<>(name, storage.get(), codec, events, polling(events));
    }

    private @Nullable Function<Runnable, Poller> polling(RegisterEvents events) {
        Scheduler times = scheduler;
        Executor runs = executor;
        Duration pause = pollInterval;
        return times == null ? null : round -> new Poller(times, runs, pause, round, events::watchFailed);
    }
}
