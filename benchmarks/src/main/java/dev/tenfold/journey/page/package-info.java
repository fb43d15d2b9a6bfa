/** The journey's report as one page of HTML with charts in it, which needs nothing else to be read. */
@NullMarked
package dev.tenfold.journey.page;

import org.jspecify.annotations.NullMarked;
