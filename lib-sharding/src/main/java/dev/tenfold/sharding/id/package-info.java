/** Unique numbers without a central counter: 64 bits, rising with time, made in each process. */
@NullMarked
package dev.tenfold.sharding.id;

import org.jspecify.annotations.NullMarked;
