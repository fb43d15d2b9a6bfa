package dev.tenfold.sharding.id;

/**
 * The right to make ids of a node within some time.
 *
 * @param node its number
 * @param number the claim's
 * @param from the first millisecond since the epoch
 * @param until the millisecond after the last
 */
record HeldNode(int node, long number, long from, long until) {}
