/**
 * Replication without servers, for tests and examples: a primary and replicas in memory that replicate, lag, crash, come back
 * and are promoted.
 */
@org.jspecify.annotations.NullMarked
package dev.tenfold.replication.memory;
