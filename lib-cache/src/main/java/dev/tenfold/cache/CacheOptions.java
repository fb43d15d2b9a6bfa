package dev.tenfold.cache;

import dev.tenfold.error.Validation;
import dev.tenfold.time.TimeSource;

/** Reads the options of a builder: whether they fit, and as what they are shown. */
final class CacheOptions {

    private CacheOptions() {}

    static long maximum(CacheBuilder<?, ?> b) {
        return b.weigher == null ? b.maximumSize : b.maximumWeight;
    }

    static CacheConfiguration configuration(CacheBuilder<?, ?> b) {
        return new CacheConfiguration(
                b.name,
                maximum(b),
                b.weigher != null,
                b.maximumPinned,
                b.eviction,
                b.expireAfterWrite,
                b.expireAfterAccess,
                b.jitter,
                b.negativeTtl,
                b.staleWhileRevalidate,
                b.staleIfError,
                b.refreshAhead,
                b.earlyRefresh,
                b.loadTimeout,
                b.loadBackoff);
    }

    /** Throws if any option does not fit. */
    static void check(CacheBuilder<?, ?> b) {
        Validation check = Validation.of("cache '" + b.name + "'");
        check.require(!b.name.isBlank(), "name", "'" + b.name + "'", "not blank");
        checkSize(b, check);
        checkTime(b, check);
        check.positive("loadTimeout", b.loadTimeout);
        check.atLeast("bulkLoader's most", b.maximumBatch, 1);
        check.positive("coalesceMisses", b.linger);
        check.require(b.linger == null || b.bulkLoader != null, "coalesceMisses", b.linger, "unset without bulkLoader");
        check.require(
                (b.loadTimeout == null && b.linger == null) || b.scheduler != null || b.time == TimeSource.system(),
                "scheduler",
                b.scheduler,
                "one that follows the clock given to time(...), for "
                        + (b.loadTimeout == null ? "coalesceMisses" : "loadTimeout"));
        check.positive("remoteTimeout", b.remoteTimeout);
        check.notNegative("disconnectedTtl", b.disconnectedTtl);
        check.throwIfInvalid();
    }

    private static void checkSize(CacheBuilder<?, ?> b, Validation check) {
        check.atLeast("maximumSize", b.maximumSize, 0);
        check.require(
                b.weigher == null || b.maximumSize == CacheBuilder.DEFAULT_MAXIMUM_SIZE,
                "maximumSize",
                b.maximumSize,
                "unset with maximumWeight");
        if (b.weigher != null) {
            check.atLeast("maximumWeight", b.maximumWeight, 0);
        }
        check.require(
                b.maximumPinned >= 0 && b.maximumPinned <= Math.max(0, maximum(b)),
                "maximumPinned",
                b.maximumPinned,
                "0 to the maximum, " + maximum(b));
    }

    private static void checkTime(CacheBuilder<?, ?> b, Validation check) {
        boolean expires = b.expireAfterWrite != null || b.expireEach != null;
        boolean limited = expires || b.negativeTtl != null;
        check.positive("expireAfterWrite", b.expireAfterWrite);
        check.require(
                b.expireAfterWrite == null || b.expireEach == null,
                "expireAfterWrite",
                "a duration and a function",
                "one of them");
        check.positive("expireAfterAccess", b.expireAfterAccess);
        check.between("jitter", b.jitter, 0, 1);
        check.require(b.jitter == 0 || limited, "jitter", b.jitter, "0 without expireAfterWrite or negativeTtl");
        check.positive("negativeTtl", b.negativeTtl);
        check.positive("staleWhileRevalidate", b.staleWhileRevalidate);
        check.require(
                b.staleWhileRevalidate == null || limited,
                "staleWhileRevalidate",
                b.staleWhileRevalidate,
                "unset without expireAfterWrite or negativeTtl");
        check.positive("staleIfError", b.staleIfError);
        check.require(
                b.staleIfError == null || limited,
                "staleIfError",
                b.staleIfError,
                "unset without expireAfterWrite or negativeTtl");
        check.require(b.refreshAhead > 0 && b.refreshAhead <= 1, "refreshAhead", b.refreshAhead, "above 0 to 1");
        check.require(
                b.refreshAhead == 1 || limited,
                "refreshAhead",
                b.refreshAhead,
                "1 without expireAfterWrite or negativeTtl");
        check.require(
                b.earlyRefresh >= 0 && b.earlyRefresh < Double.POSITIVE_INFINITY,
                "earlyRefresh",
                b.earlyRefresh,
                ">= 0");
        check.require(
                b.earlyRefresh == 0 || limited,
                "earlyRefresh",
                b.earlyRefresh,
                "0 without expireAfterWrite or negativeTtl");
    }
}
