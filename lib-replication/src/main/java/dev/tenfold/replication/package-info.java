/**
 * A primary and its replicas behind one object: reads go to a replica that is fresh enough, writes to the primary of the
 * current epoch, and a failover promotes without losing an acknowledged write. Works on any kind of node through a {@link
 * dev.tenfold.replication.ReplicationEngine}.
 */
@NullMarked
package dev.tenfold.replication;

import org.jspecify.annotations.NullMarked;
