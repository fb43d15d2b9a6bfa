package dev.tenfold.discovery;

import dev.tenfold.time.Scheduler;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What a discovery works with; all of it is owned by who watches.
 *
 * @param scheduler waits; its tasks must be short
 * @param executor runs what may block, such as a look-up
 * @param random draws jitter; thread-safe
 */
public record DiscoveryContext(Scheduler scheduler, Executor executor, RandomGenerator random) {}
