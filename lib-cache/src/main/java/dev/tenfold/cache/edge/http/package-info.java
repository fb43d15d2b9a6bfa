/**
 * An HTTP cache in front of an origin, after RFC 9111, on an {@link dev.tenfold.cache.edge.EdgeNetwork}: {@link
 * dev.tenfold.cache.edge.http.HttpCache}, with adapters for the JDK's HTTP server and client.
 */
@NullMarked
package dev.tenfold.cache.edge.http;

import org.jspecify.annotations.NullMarked;
