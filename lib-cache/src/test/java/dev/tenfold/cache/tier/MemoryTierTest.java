package dev.tenfold.cache.tier;

import dev.tenfold.cache.RemoteTier;
import dev.tenfold.cache.testing.RemoteTierContract;

/** The contract holds for what is right by inspection. */
final class MemoryTierTest extends RemoteTierContract {

    private final RemoteTier<String, String> tier = new MemoryTier();

    @Override
    protected RemoteTier<String, String> open() {
        return tier;
    }
}
