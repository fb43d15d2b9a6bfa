package dev.tenfold.queue;

import dev.tenfold.observe.Measurement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What a queue counts. */
final class QueueCounters {

    /** Written under the queue's lock, so that counting costs a plain store. */
    final AtomicLong published = new AtomicLong();

    final AtomicLong delivered = new AtomicLong();

    final LongAdder acknowledged = new LongAdder();
    final LongAdder requeued = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder deadLettered = new LongAdder();
    final LongAdder discarded = new LongAdder();

    /** Adds to a counter that only one thread at a time writes. */
    static void add(AtomicLong counter, long more) {
        counter.setOpaque(counter.getPlain() + more);
    }

    List<Measurement> measurements(MemoryQueue<?> queue) {
        Map<String, String> tags = Map.of("queue", queue.name());
        return List.of(
                Measurement.gauge(
                        "tenfold.queue.ready",
                        "1",
                        "Messages that wait for a consumer",
                        tags,
                        () -> queue.inspect().ready()),
                Measurement.gauge(
                        "tenfold.queue.delayed",
                        "1",
                        "Messages that wait for their retry",
                        tags,
                        () -> queue.inspect().delayed()),
                Measurement.gauge(
                        "tenfold.queue.unsettled",
                        "1",
                        "Messages that consumers hold",
                        tags,
                        () -> queue.inspect().unsettled()),
                Measurement.gauge(
                        "tenfold.queue.consumers",
                        "1",
                        "Open consumers",
                        tags,
                        () -> queue.inspect().consumers()),
                Measurement.counter("tenfold.queue.published", "Messages taken in", tags, published::getOpaque),
                Measurement.counter(
                        "tenfold.queue.delivered", "Messages handed to consumers", tags, delivered::getOpaque),
                Measurement.counter("tenfold.queue.acknowledged", "Messages done", tags, acknowledged::sum),
                Measurement.counter("tenfold.queue.requeued", "Deliveries given back", tags, requeued::sum),
                Measurement.counter("tenfold.queue.failed", "Attempts that failed", tags, failed::sum),
                Measurement.counter("tenfold.queue.refused", "Messages refused at the limit", tags, refused::sum),
                Measurement.counter("tenfold.queue.deadlettered", "Dead letters moved on", tags, deadLettered::sum),
                Measurement.counter("tenfold.queue.discarded", "Dead letters dropped", tags, discarded::sum));
    }
}
