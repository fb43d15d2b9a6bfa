package dev.tenfold.cache.edge;

import dev.tenfold.observe.Measurement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** What one edge counts. Thread-safe. */
final class EdgeCounters {

    final LongAdder requests = new LongAdder();
    final LongAdder hits = new LongAdder();
    final LongAdder staleHits = new LongAdder();
    final LongAdder neighbourHits = new LongAdder();
    final LongAdder shieldHits = new LongAdder();
    final LongAdder originFetches = new LongAdder();
    final LongAdder failures = new LongAdder();
    final LongAdder revalidations = new LongAdder();
    final LongAdder revalidationFailures = new LongAdder();
    final LongAdder bytesServed = new LongAdder();
    final LongAdder bytesSaved = new LongAdder();

    EdgeStats stats(long size) {
        return new EdgeStats(
                requests.sum(),
                hits.sum(),
                staleHits.sum(),
                neighbourHits.sum(),
                shieldHits.sum(),
                originFetches.sum(),
                failures.sum(),
                revalidations.sum(),
                revalidationFailures.sum(),
                bytesServed.sum(),
                bytesSaved.sum(),
                size);
    }

    List<Measurement> measurements(Map<String, String> tags, LongSupplier size) {
        return List.of(
                Measurement.counter("tenfold.edge.requests", "Clients' requests", tags, requests::sum),
                Measurement.counter(
                        "tenfold.edge.hits", "Requests answered from the edge's own fresh copy", tags, hits::sum),
                Measurement.counter(
                        "tenfold.edge.stale.hits", "Requests answered with a stale copy", tags, staleHits::sum),
                Measurement.counter(
                        "tenfold.edge.neighbour.hits", "Copies taken from a neighbour", tags, neighbourHits::sum),
                Measurement.counter("tenfold.edge.shield.hits", "Copies taken from the shield", tags, shieldHits::sum),
                Measurement.counter(
                        "tenfold.edge.origin.fetches", "Fetches that went to the origin", tags, originFetches::sum),
                Measurement.counter("tenfold.edge.failures", "Requests that failed", tags, failures::sum),
                Measurement.counter(
                        "tenfold.edge.revalidations", "Fetches in the background", tags, revalidations::sum),
                Measurement.counter(
                        "tenfold.edge.revalidation.failures",
                        "Fetches in the background that failed or were refused by the executor",
                        tags,
                        revalidationFailures::sum),
                new Measurement(
                        "tenfold.edge.bytes.served",
                        Measurement.Kind.COUNTER,
                        "bytes",
                        "Bytes of all answers",
                        tags,
                        bytesServed::sum),
                new Measurement(
                        "tenfold.edge.bytes.saved",
                        Measurement.Kind.COUNTER,
                        "bytes",
                        "Bytes of answers that the origin did not send for them",
                        tags,
                        bytesSaved::sum),
                Measurement.gauge("tenfold.edge.size", "1", "Copies held", tags, size::getAsLong));
    }
}
