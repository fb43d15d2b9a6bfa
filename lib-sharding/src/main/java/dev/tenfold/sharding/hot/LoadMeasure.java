package dev.tenfold.sharding.hot;

/** By what a load is measured. */
public enum LoadMeasure {
    /** How many calls were made. */
    CALLS,
    /** What the calls cost, in the unit in which the user reports it, such as microseconds or bytes. */
    COST
}
