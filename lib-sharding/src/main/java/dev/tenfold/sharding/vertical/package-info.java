/** Vertical sharding, or functional partitioning: each table or feature has a home of its own. */
@NullMarked
package dev.tenfold.sharding.vertical;

import org.jspecify.annotations.NullMarked;
