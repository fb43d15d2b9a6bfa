/** The live view: the parts of a running stage on a page, with what they do and what may be done to them. */
@NullMarked
package dev.tenfold.journey.live;

import org.jspecify.annotations.NullMarked;
