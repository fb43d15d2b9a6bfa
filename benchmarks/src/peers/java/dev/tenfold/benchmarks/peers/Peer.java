package dev.tenfold.benchmarks.peers;

/** A balancer of another library: begins a call and ends it. Thread-safe. */
interface Peer {

    /** Picks an endpoint and begins a call on it. */
    Object begin();

    /** Ends a call. */
    void end(Object call);
}
