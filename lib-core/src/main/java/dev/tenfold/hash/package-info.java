/**
 * How keys become numbers and numbers become one of many: key hashes and consistent hashing, each with a name that carries
 * its version, because results are stored and two processes must agree on them.
 */
@NullMarked
package dev.tenfold.hash;

import org.jspecify.annotations.NullMarked;
