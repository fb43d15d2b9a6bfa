/** What a broker needs of a log so that it survives the process. Not exported: between the broker and its journal. */
@NullMarked
package dev.tenfold.queue.log;

import org.jspecify.annotations.NullMarked;
