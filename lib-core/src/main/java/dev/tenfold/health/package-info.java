/** The one state machine of an endpoint's health, fed by active checks and by how calls went, and used alike by
 * the balancer, the replica router, the edges and the data centres. */
@NullMarked
package dev.tenfold.health;

import org.jspecify.annotations.NullMarked;
