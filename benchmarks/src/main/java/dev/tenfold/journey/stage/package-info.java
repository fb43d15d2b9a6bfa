/** The nine stages of growth: what each adds, what is broken in it, and what it promises to survive. */
@NullMarked
package dev.tenfold.journey.stage;

import org.jspecify.annotations.NullMarked;
