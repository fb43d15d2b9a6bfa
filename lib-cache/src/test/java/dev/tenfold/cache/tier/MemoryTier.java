package dev.tenfold.cache.tier;

import dev.tenfold.cache.InvalidationBus.Message;
import dev.tenfold.cache.RemoteTier;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The least that is a tier: the model that the contract was tried on. */
final class MemoryTier implements RemoteTier<String, String> {

    private record Held(long version, Entry<String> entry) {}

    private final Map<String, Held> entries = new HashMap<>();
    private final Map<String, Long> leases = new HashMap<>();
    private long numbers;
    /** The newest that was not about keys alone: leases from before it are shared with nobody. */
    private long bulk;
    /** By tag and prefix, the number at which it was dropped last. */
    private final Map<String, Long> tags = new HashMap<>();

    private final Map<String, Long> prefixes = new HashMap<>();

    @Override
    public synchronized CompletionStage<Reading<String>> get(String key) {
        Held held = entries.get(key);
        if (held != null) {
            return CompletableFuture.completedStage(new Reading<>(held.entry(), held.version()));
        }
        return CompletableFuture.completedStage(new Reading<>(
                null, leases.compute(key, (k, old) -> old != null && old > bulk ? old : ++numbers)));
    }

    @Override
    public synchronized CompletionStage<Boolean> fill(String key, long lease, Entry<String> entry) {
        Held held = entries.get(key);
        Long granted = leases.get(key);
        boolean good = lease != NO_LEASE
                && ((granted != null && granted == lease) || (held != null && held.version() == lease))
                && entry.tags().stream().allMatch(tag -> tags.getOrDefault(tag, 0L) < lease)
                && prefixes.entrySet().stream()
                        .noneMatch(each -> key.startsWith(each.getKey()) && each.getValue() > lease);
        if (good) {
            keep(key, entry);
        }
        return CompletableFuture.completedStage(good);
    }

    private void keep(String key, Entry<String> entry) {
        leases.remove(key);
        Duration lifetime = entry.lifetime();
        if (lifetime != null && entry.age().compareTo(lifetime) >= 0) {
            entries.remove(key);
        } else {
            entries.put(key, new Held(++numbers, entry));
        }
    }

    @Override
    public synchronized CompletionStage<?> put(String key, Entry<String> entry) {
        keep(key, entry);
        return CompletableFuture.completedStage(true);
    }

    @Override
    public synchronized CompletionStage<?> invalidate(Message<String> what) {
        what.keys().forEach(key -> {
            entries.remove(key);
            leases.remove(key);
        });
        long now = ++numbers;
        bulk = what.tags().isEmpty() && what.prefixes().isEmpty() ? bulk : now;
        what.tags().forEach(tag -> tags.put(tag, now));
        what.prefixes().forEach(prefix -> prefixes.put(prefix, now));
        entries.entrySet().removeIf(each -> what.all() || isHit(what, each.getKey(), each.getValue()));
        if (what.all()) {
            leases.clear();
        }
        return CompletableFuture.completedStage(true);
    }

    private static boolean isHit(Message<String> what, String key, @Nullable Held held) {
        return what.prefixes().stream().anyMatch(key::startsWith)
                || (held != null && held.entry().tags().stream().anyMatch(what.tags()::contains));
    }
}
