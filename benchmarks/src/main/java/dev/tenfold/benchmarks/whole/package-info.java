/**
 * The deterministic simulation of the whole composition: processes with data paths, caches, shards with replicas, moves
 * between shards, an outbox and a broker, under seeded faults, with an independent checker.
 */
@NullMarked
package dev.tenfold.benchmarks.whole;

import org.jspecify.annotations.NullMarked;
