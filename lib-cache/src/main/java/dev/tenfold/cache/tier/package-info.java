/** A second tier of copies on Redis, shared by the nodes of an application, and a bus that tells them of each other's changes. */
@org.jspecify.annotations.NullMarked
package dev.tenfold.cache.tier;
