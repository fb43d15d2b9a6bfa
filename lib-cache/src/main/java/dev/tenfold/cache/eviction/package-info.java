/**
 * The tables behind a cache: bounded maps that differ in which entry they give up first. Not exported.
 *
 * <p>{@link dev.tenfold.cache.eviction.Tables} makes them. Caffeine's table is adaptive window-TinyLFU; the others are one
 * concurrent table with an exact {@code Policy} behind it.
 */
@NullMarked
package dev.tenfold.cache.eviction;

import org.jspecify.annotations.NullMarked;
