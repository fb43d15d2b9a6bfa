/**
 * What a user's session has seen, as positions in the histories of shards, so that reads never go back in time across
 * caches, replicas, servers and processes.
 */
@NullMarked
package dev.tenfold.session;

import org.jspecify.annotations.NullMarked;
