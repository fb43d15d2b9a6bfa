/** Trying again without making things worse: backoff with jitter, and a budget that bounds retries as a share of
 * the traffic. */
@NullMarked
package dev.tenfold.retry;

import org.jspecify.annotations.NullMarked;
