package dev.tenfold.queue;

import java.util.Set;

/** What an exchange's binding leads to. */
sealed interface Destination permits MemoryQueue, MemoryExchange {

    String name();

    /** Tells queues and exchanges of the same name apart. */
    default String label() {
        return (this instanceof MemoryQueue ? "queue " : "exchange ") + name();
    }

    /** Returns the exchanges that lead here; guarded by the topology's lock. */
    Set<MemoryExchange<?>> sources();
}
