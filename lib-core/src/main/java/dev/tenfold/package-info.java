/**
 * The facade and the contracts it composes. {@link dev.tenfold.Tenfold} builds a {@link dev.tenfold.DataPath} (cache,
 * shard, primary or replica, announcement) and a {@link dev.tenfold.RequestPath} (edge, data centre, server) out of small
 * interfaces that the modules implement and that, where one method is enough, a lambda can be. Every stage is optional.
 */
@NullMarked
package dev.tenfold;

import org.jspecify.annotations.NullMarked;
