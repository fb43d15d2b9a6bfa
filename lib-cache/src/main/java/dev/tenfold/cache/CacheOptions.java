package dev.tenfold.cache;

import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntBiFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a {@link CacheBuilder} has collected: the defaults, whether it fits, and as what it is shown. */
final class CacheOptions<K, V> {

    final String name;

    // How much, and what goes first.

    long maximumSize = CacheBuilder.DEFAULT_MAXIMUM_SIZE;
    long maximumWeight = -1;
    long maximumPinned;
    Eviction eviction = Eviction.ADAPTIVE;

    @Nullable
    ToIntBiFunction<? super K, ? super V> weigher;

    boolean recordStats;

    // How long.

    @Nullable
    Duration expireAfterWrite;

    @Nullable
    BiFunction<? super K, ? super V, Duration> expireEach;

    @Nullable
    Duration expireAfterAccess;

    double jitter;

    @Nullable
    Duration negativeTtl;

    @Nullable
    Duration staleWhileRevalidate;

    @Nullable
    Duration staleIfError;

    double refreshAhead = 1;
    double earlyRefresh;

    // How it is loaded and written.

    @Nullable
    Duration loadTimeout;

    @Nullable
    Backoff loadBackoff = CacheBuilder.DEFAULT_LOAD_BACKOFF;

    Loader.@Nullable Bulk<K, V> bulkLoader;
    int maximumBatch = CacheBuilder.DEFAULT_MAXIMUM_BATCH;

    @Nullable
    Duration linger;

    @Nullable
    Writer<K, V> writer;

    // Who else knows.

    @Nullable
    Function<? super V, ? extends Collection<String>> tags;

    @Nullable
    Consumer<? super Removal<K, V>> onRemoval;

    @Nullable
    RemoteTier<K, V> remote;

    @Nullable
    InvalidationBus<K> bus;

    Duration remoteTimeout = CacheBuilder.DEFAULT_REMOTE_TIMEOUT;
    Duration disconnectedTtl = CacheBuilder.DEFAULT_REMOTE_TIMEOUT;

    // What it runs on.

    TimeSource time = TimeSource.system();
    RandomGenerator random = Chance.perThread();
    Observer observer = Observer.slf4j();

    @Nullable
    Executor executor;

    @Nullable
    Scheduler scheduler;

    /** What runs tasks and timers unless something else is given. */
    private final Executor usual;

    CacheOptions(String name, Executor usual) {
        this.name = name;
        this.usual = usual;
    }

    Scheduler effectiveScheduler() {
        return scheduler == null ? Scheduler.shared(usual) : scheduler;
    }

    Executor effectiveExecutor() {
        return executor == null ? usual : executor;
    }

    /** Returns the bound, in copies or in weight. */
    long maximum() {
        return weigher == null ? maximumSize : maximumWeight;
    }

    CacheConfiguration configuration() {
        return new CacheConfiguration(
                name,
                maximum(),
                weigher != null,
                maximumPinned,
                eviction,
                expireAfterWrite,
                expireAfterAccess,
                jitter,
                negativeTtl,
                staleWhileRevalidate,
                staleIfError,
                refreshAhead,
                earlyRefresh,
                loadTimeout,
                loadBackoff);
    }

    /** Throws if any option does not fit. */
    void check() {
        Validation check = Validation.of("cache '" + name + "'");
        check.require(!name.isBlank(), "name", "'" + name + "'", "not blank");
        checkSize(check);
        checkTime(check);
        check.positive("loadTimeout", loadTimeout);
        check.atLeast("bulkLoader's most", maximumBatch, 1);
        check.positive("coalesceMisses", linger);
        check.require(linger == null || bulkLoader != null, "coalesceMisses", linger, "unset without bulkLoader");
        check.require(
                (loadTimeout == null && linger == null) || scheduler != null || time == TimeSource.system(),
                "scheduler",
                scheduler,
                "one that follows the clock given to time(...), for "
                        + (loadTimeout == null ? "coalesceMisses" : "loadTimeout"));
        check.positive("remoteTimeout", remoteTimeout);
        check.notNegative("disconnectedTtl", disconnectedTtl);
        check.throwIfInvalid();
    }

    private void checkSize(Validation check) {
        check.atLeast("maximumSize", maximumSize, 0);
        check.require(
                weigher == null || maximumSize == CacheBuilder.DEFAULT_MAXIMUM_SIZE,
                "maximumSize",
                maximumSize,
                "unset with maximumWeight");
        if (weigher != null) {
            check.atLeast("maximumWeight", maximumWeight, 0);
        }
        check.require(
                maximumPinned >= 0 && maximumPinned <= Math.max(0, maximum()),
                "maximumPinned",
                maximumPinned,
                "0 to the maximum, " + maximum());
    }

    private void checkTime(Validation check) {
        boolean expires = expireAfterWrite != null || expireEach != null;
        boolean limited = expires || negativeTtl != null;
        check.positive("expireAfterWrite", expireAfterWrite);
        check.require(
                expireAfterWrite == null || expireEach == null,
                "expireAfterWrite",
                "a duration and a function",
                "one of them");
        check.positive("expireAfterAccess", expireAfterAccess);
        check.between("jitter", jitter, 0, 1);
        check.require(jitter == 0 || limited, "jitter", jitter, "0 without expireAfterWrite or negativeTtl");
        check.positive("negativeTtl", negativeTtl);
        check.positive("staleWhileRevalidate", staleWhileRevalidate);
        check.require(
                staleWhileRevalidate == null || limited,
                "staleWhileRevalidate",
                staleWhileRevalidate,
                "unset without expireAfterWrite or negativeTtl");
        check.positive("staleIfError", staleIfError);
        check.require(
                staleIfError == null || limited,
                "staleIfError",
                staleIfError,
                "unset without expireAfterWrite or negativeTtl");
        check.require(refreshAhead > 0 && refreshAhead <= 1, "refreshAhead", refreshAhead, "above 0 to 1");
        check.require(
                refreshAhead == 1 || limited,
                "refreshAhead",
                refreshAhead,
                "1 without expireAfterWrite or negativeTtl");
        check.require(
                earlyRefresh >= 0 && earlyRefresh < Double.POSITIVE_INFINITY, "earlyRefresh", earlyRefresh, ">= 0");
        check.require(
                earlyRefresh == 0 || limited,
                "earlyRefresh",
                earlyRefresh,
                "0 without expireAfterWrite or negativeTtl");
    }
}
