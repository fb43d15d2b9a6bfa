package dev.tenfold.benchmarks.peers;

import dev.tenfold.benchmarks.queue.QueueRun;
import java.util.List;

/** {@link QueueRun} with whole brokers of others beside Tenfold's; the arguments are the same. */
public final class QueuePeersRun {

    private QueuePeersRun() {}

    /** Measures. */
    public static void main(String[] arguments) {
        QueueRun.run(arguments, List.of(ArtemisBroker.class, QpidBroker.class));
    }
}
