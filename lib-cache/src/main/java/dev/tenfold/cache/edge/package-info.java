/** A network of edge caches, as a content delivery network has: {@link dev.tenfold.cache.edge.EdgeNetwork}. */
@NullMarked
package dev.tenfold.cache.edge;

import org.jspecify.annotations.NullMarked;
