/** What the journey tells the person who watches it while it runs. */
@NullMarked
package dev.tenfold.journey.report;

import org.jspecify.annotations.NullMarked;
