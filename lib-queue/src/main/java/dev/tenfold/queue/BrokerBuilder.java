package dev.tenfold.queue;

import dev.tenfold.Codec;
import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.queue.journal.JournalLog;
import dev.tenfold.queue.journal.JournalSettings;
import dev.tenfold.queue.log.QueueLog;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BiConsumer;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Configures a {@link Broker}. Not thread-safe; may be used for several brokers. */
public final class BrokerBuilder {

    private TimeSource time = TimeSource.system();
    private @Nullable Scheduler scheduler;
    private RandomGenerator random = Chance.perThread();
    private Observer observer = Observer.slf4j();
    private Executor executor = ForkJoinPool.commonPool();
    private Codecs codecs = Codecs.standard();
    private Propagation propagation = Propagation.NONE;
    private boolean strict;

    BrokerBuilder() {}

    /**
     * Sets the clock.
     *
     * @param time {@link TimeSource#system()} unless set; another one needs a {@link #scheduler} that follows it
     * @return this
     */
    public BrokerBuilder time(TimeSource time) {
        this.time = Objects.requireNonNull(time, "time");
        return this;
    }

    /**
     * Sets what wakes retries and ends waits.
     *
     * @param scheduler unless set, the timer that the JDK shares among all {@code CompletableFuture}s; what falls due runs
     *     on the {@link #executor}
     * @return this
     */
    public BrokerBuilder scheduler(Scheduler scheduler) {
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        return this;
    }

    /**
     * Sets what draws the jitter of retries.
     *
     * @param random {@link Chance#perThread()} unless set
     * @return this
     */
    public BrokerBuilder random(RandomGenerator random) {
        this.random = Objects.requireNonNull(random, "random");
        return this;
    }

    /**
     * Sets who is told of failures, dead letters and full queues.
     *
     * @param observer {@link Observer#slf4j()} unless set
     * @return this
     */
    public BrokerBuilder observer(Observer observer) {
        this.observer = Objects.requireNonNull(observer, "observer");
        return this;
    }

    /**
     * Sets where handlers run. The broker never closes it. An executor that runs tasks at once on the calling thread
     * works too and makes a test repeatable.
     *
     * @param executor {@link ForkJoinPool#commonPool()} unless set, which has few threads: give another one if handlers
     *     block, best one of virtual threads
     * @return this
     */
    public BrokerBuilder executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /**
     * Says how bodies of a type become bytes, where they leave the process: to a journal, to another broker. In memory
     * nothing is encoded.
     *
     * <p>Text and {@code byte[]} need no codec. For JSON, name your own mapper: {@code codec(Order.class, Codec.of(
     * mapper::writeValueAsBytes, bytes -> mapper.readValue(bytes, Order.class)))}, wrapped where it throws checked
     * exceptions.
     *
     * @param <E> the kind of body
     * @param type the type; a subclass without a codec of its own uses it, too
     * @param codec writes and reads it
     * @return this
     */
    public <E> BrokerBuilder codec(Class<E> type, Codec<E> codec) {
        codecs = codecs.with(type, Objects.requireNonNull(codec, "codec"));
        return this;
    }

    /**
     * Says how large a body is, for {@link QueueOptions#maxBytes}. Called with each body published to such a queue.
     *
     * @param size in bytes, not negative; unless set, the length of text in UTF-8 and of {@code byte[]}, and for others what
     *     their codec writes
     * @return this
     */
    public BrokerBuilder sizeOf(ToLongFunction<Object> size) {
        codecs = codecs.sizedBy(Objects.requireNonNull(size, "size"));
        return this;
    }

    /**
     * Takes every body through its codec and back when it is published, in memory too, so that a test finds out what would
     * not survive a move to a journal or another broker. Costs what the codec costs.
     *
     * @param strict false unless set
     * @return this
     */
    public BrokerBuilder strictCodecs(boolean strict) {
        this.strict = strict;
        return this;
    }

    /**
     * Carries the context of the publishing thread, such as a trace, to the handler.
     *
     * @param propagation writes it into headers and takes it out again; none unless set
     * @return this
     */
    public BrokerBuilder propagation(Propagation propagation) {
        this.propagation = Objects.requireNonNull(propagation, "propagation");
        return this;
    }

    /**
     * Makes a broker that lives in this process and is gone with it. Starts no thread.
     *
     * @return an empty broker
     * @throws InvalidConfigurationException if a clock was set without a scheduler
     */
    public Broker inMemory() {
        return new MemoryBroker(environment(), QueueLog.NONE);
    }

    /**
     * Opens a broker whose durable queues, with their persistent messages, exchanges and bindings survive the end of this
     * process, however it ends, see {@link #durable(Path, UnaryOperator)}.
     *
     * @param folder where its journal is; created if there is none
     * @return a broker with what the folder holds
     * @throws CorruptDataException if the files are not what was written, with file and offset
     * @throws UnavailableException if the folder is open elsewhere, cannot be read, or has no room
     * @throws InvalidConfigurationException if a clock was set without a scheduler
     */
    public Broker durable(Path folder) {
        return durable(folder, UnaryOperator.identity());
    }

    /**
     * Opens a broker whose durable queues, with their persistent messages, exchanges and bindings survive the end of this
     * process, however it ends. A confirm means that the message is on disk; an acknowledgement whose stage completed, that it
     * will not be delivered again. One force of the disk serves all who wait for it at the time.
     *
     * <p>Exchanges and queues out of the folder are there at once, and take messages; declare them again to use them. Bodies
     * need a {@link #codec}. The folder holds at most about twice what lives, and six segments. If it is full, publishers
     * wait, the observer is told, and they go on when there is room again; consumers go on meanwhile, and free room. If the
     * disk fails, the broker refuses every message from then on: close it, and open it anew.
     *
     * <p>Confirms and acknowledgements complete on the journal's own thread. What depends on them there must be short and must
     * not wait for another one, nor close the broker; for anything else use the forms that end in {@code Async}.
     *
     * @param folder where its journal is; created if there is none. One broker opens it at a time
     * @param options changes the defaults of the journal
     * @return a broker with what the folder holds
     * @throws CorruptDataException if the files are not what was written, with file and offset; nothing was changed
     * @throws UnavailableException if the folder is open elsewhere, cannot be read, or has no room
     * @throws InvalidConfigurationException if a clock was set without a scheduler, or an option is out of range
     */
    public Broker durable(Path folder, UnaryOperator<Broker.Durability> options) {
        Environment given = environment();
        Broker.Durability chosen = options.apply(Broker.Durability.DEFAULTS);
        JournalSettings settings = chosen.settings(given);
        Validation check = Validation.of("journal " + folder);
        settings.validate(check);
        check.throwIfInvalid();
        JournalLog log = JournalLog.open(folder, settings, chosen.writer);
        boolean opened = false;
        try {
            Broker broker = new MemoryBroker(given, log);
            opened = true;
            return broker;
        } finally {
            if (!opened) {
                log.close();
            }
        }
    }

    /**
     * Returns what was set, for those who implement a {@link Broker}.
     *
     * @return the defaults where nothing was
     * @throws InvalidConfigurationException if a clock was set without a scheduler
     */
    public Environment environment() {
        Validation check = Validation.of("broker");
        check.require(
                scheduler != null || time == TimeSource.system(),
                "scheduler",
                scheduler,
                "a value where time is set; call scheduler(...) with one that follows that clock");
        check.throwIfInvalid();
        Scheduler chosen = scheduler == null ? Scheduler.shared(executor) : scheduler;
        return new Environment(time, chosen, random, observer.guarded(), executor, codecs, propagation, strict);
    }

    /** Carries the context of a publishing thread to the handler, in headers. Implementations are thread-safe. */
    public interface Propagation {

        /** Carries nothing, and costs nothing. */
        Propagation NONE = new Propagation() {
            @Override
            public void inject(BiConsumer<String, Object> headers) {}

            @Override
            public Scope extract(Map<String, Object> headers) {
                return () -> {};
            }
        };

        /**
         * Writes the context of the current thread down. Called on the publishing thread for each message.
         *
         * @param headers takes the name and value of each header to add
         */
        void inject(BiConsumer<String, Object> headers);

        /**
         * Makes a message's context that of the current thread. Called before its handler, on the same thread.
         *
         * @param headers the message's
         * @return ends it; called when the handler has ended
         */
        Scope extract(Map<String, Object> headers);

        /** A context that is current. */
        @FunctionalInterface
        interface Scope extends AutoCloseable {

            /** Puts the context back that was current before. */
            @Override
            void close();
        }
    }

    /**
     * What a broker was given from outside; shared by all its parts.
     *
     * @param time the clock
     * @param scheduler what follows it
     * @param random draws jitter
     * @param observer is told; what it throws stays there
     * @param executor runs handlers
     * @param codecs turns bodies into bytes
     * @param propagation carries contexts
     * @param strict whether bodies are taken through their codec in memory, too
     */
    public record Environment(
            TimeSource time,
            Scheduler scheduler,
            RandomGenerator random,
            Observer observer,
            Executor executor,
            Codecs codecs,
            Propagation propagation,
            boolean strict) {

        /**
         * Tells the observer. Not to be called with a lock held.
         *
         * @param level how bad it is
         * @param source which part, such as {@code queue/mail}
         * @param kind what happened, such as {@code queue.full}
         * @param message for people
         * @param details for programs
         */
        public void tell(Level level, String source, String kind, String message, Map<String, Object> details) {
            observer.on(new Event(time.now(), source, kind, level, message, details));
        }
    }

    /** How bodies become bytes. Immutable and thread-safe. */
    public static final class Codecs {

        private static final Codecs STANDARD = new Codecs(
                Map.of(String.class, Codec.utf8(), byte[].class, Codec.<byte[]>of(bytes -> bytes, bytes -> bytes)),
                null);

        private final Map<Class<?>, Codec<?>> byType;
        private final @Nullable ToLongFunction<Object> size;

        private Codecs(Map<Class<?>, Codec<?>> byType, @Nullable ToLongFunction<Object> size) {
            this.byType = byType;
            this.size = size;
        }

        static Codecs standard() {
            return STANDARD;
        }

        Codecs with(Class<?> type, Codec<?> codec) {
            Map<Class<?>, Codec<?>> more = new HashMap<>(byType);
            more.put(Objects.requireNonNull(type, "type"), codec);
            return new Codecs(Map.copyOf(more), size);
        }

        Codecs sizedBy(ToLongFunction<Object> function) {
            return new Codecs(byType, function);
        }

        /**
         * Finds a type's codec.
         *
         * @param <E> the type
         * @param type the type, exactly
         * @return its codec
         * @throws IllegalArgumentException if there is none, naming what to call
         */
        @SuppressWarnings("unchecked") // put in with its type
        public <E> Codec<E> of(Class<E> type) {
            Codec<E> codec = (Codec<E>) byType.get(type);
            if (codec == null) {
                throw new IllegalArgumentException("codec of " + type.getName()
                        + ": none (expected: one, because its bodies leave the process; call BrokerBuilder.codec("
                        + type.getSimpleName() + ".class, ...))");
            }
            return codec;
        }

        /**
         * Finds a type by its name, among those that have a codec.
         *
         * @param name of a class
         * @return the class, or empty if no codec was set for one of that name
         */
        public Optional<Class<?>> type(String name) {
            return byType.keySet().stream()
                    .filter(type -> type.getName().equals(name))
                    .findAny();
        }

        /**
         * Says whether a type has a size.
         *
         * @param type of bodies
         * @return whether {@link #size} works for it
         */
        public boolean canSize(Class<?> type) {
            return size != null || byType.containsKey(home(type));
        }

        /**
         * Returns how large a body is.
         *
         * @param body a body
         * @return its bytes
         */
        public long size(Object body) {
            if (size != null) {
                return Math.max(0, size.applyAsLong(body));
            }
            return body instanceof byte[] bytes ? bytes.length : encode(body).length;
        }

        /**
         * Finds the type whose codec writes bodies of a class: the class itself, else a type with a codec that it extends
         * or implements.
         *
         * @param actual the class of a body
         * @return a type that has a codec, or the class if there is none
         */
        public Class<?> home(Class<?> actual) {
            if (byType.containsKey(actual)) {
                return actual;
            }
            for (Class<?> type : byType.keySet()) {
                if (type.isAssignableFrom(actual)) {
                    return type;
                }
            }
            return actual;
        }

        /**
         * Encodes a body by the codec of its {@link #home}.
         *
         * @param body a body
         * @return its bytes
         * @throws IllegalArgumentException if there is no codec for it, naming what to call
         */
        public byte[] encode(Object body) {
            return encode(home(body.getClass()), body);
        }

        private <E> byte[] encode(Class<E> type, Object body) {
            return of(type).encode(type.cast(body));
        }
    }
}
