/**
 * What a user's session has seen, as positions in the histories of shards, so that a user sees their own writes
 * across caches, replicas, servers and processes.
 */
@NullMarked
package dev.tenfold.session;

import org.jspecify.annotations.NullMarked;
