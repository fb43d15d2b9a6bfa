/** Moving slots between shards that hold data, while writers write. */
@NullMarked
package dev.tenfold.sharding.move;

import org.jspecify.annotations.NullMarked;
