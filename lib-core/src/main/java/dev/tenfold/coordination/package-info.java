/**
 * What several processes must agree on: a {@link dev.tenfold.coordination.VersionedRegister} that is changed by
 * compare-and-set and watched, and a {@link dev.tenfold.coordination.Lease} with fencing tokens. Kept in memory, in a file
 * or in a table of any JDBC database; anything else is another implementation of the same interfaces, checked by the same
 * published contract tests.
 */
@NullMarked
package dev.tenfold.coordination;

import org.jspecify.annotations.NullMarked;
