/** The load balancer: picks an endpoint for each call by a policy, learns from how the call went, and keeps
 * calls away from endpoints that fail. */
@NullMarked
package dev.tenfold.balance;

import org.jspecify.annotations.NullMarked;
