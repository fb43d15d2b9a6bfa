/** How exchanges find where a message goes. Knows nothing of queues; not exported. */
@NullMarked
package dev.tenfold.queue.routing;

import org.jspecify.annotations.NullMarked;
