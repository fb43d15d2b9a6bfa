/** Where endpoints come from: a list, a function that is asked again and again, the DNS, a file, or whatever a user writes. */
@NullMarked
package dev.tenfold.discovery;

import org.jspecify.annotations.NullMarked;
