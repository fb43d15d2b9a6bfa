/** The load balancer under {@code java.net.http}: one client over many servers. Needs the module {@code java.net.http}. */
@NullMarked
package dev.tenfold.balance.http;

import org.jspecify.annotations.NullMarked;
