package dev.tenfold.sharding.join;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Keeps a copy of some rows where they are joined, such as the names of users beside the orders that show them, in step with
 * the original by {@linkplain Change announcements} of its changes.
 *
 * <p>Announcements may be late, repeated, and out of order: the newest version of a row wins, so that each can be handed over
 * any number of times, from any number of threads. One that is <b>lost</b> leaves the row's copy old until its next change,
 * whose {@link Change#previous} shows the gap, or until {@link #rebuild}, which is why that should run now and then.
 *
 * <p><b>Limits:</b> the copy is behind the original by as long as announcements take. Rows of one change of several arrive one
 * by one. The copy must remember the versions of deleted rows for as long as announcements may be late, or a late one brings
 * a row back until the next rebuild.
 *
 * <p>Thread-safe; blocks on the stores.
 *
 * @param <K> the kind of key
 * @param <V> the kind of row
 */
public final class DenormalisedCopy<K, V> implements Measured {

    /** What became of an announcement. */
    public enum Applied {
        /** The copy is now as announced. */
        APPLIED,
        /** The copy is now as announced, and an earlier change of the row was never seen, or is still to come. */
        APPLIED_AFTER_GAP,
        /** The copy was as announced, or newer. */
        KNOWN
    }

    /**
     * What a rebuild found.
     *
     * @param seen how many rows the original has
     * @param renewed how many of them the copy did not have, or had older
     * @param deleted how many rows the copy had and the original has not
     */
    public record Rebuilt(long seen, long renewed, long deleted) {}

    private final String name;
    private final CopyStore<K, V> store;
    private final CopySource<K, V> source;
    private final Observer observer;
    private final TimeSource time;
    private final LongAdder applied = new LongAdder();
    private final LongAdder known = new LongAdder();
    private final LongAdder gaps = new LongAdder();

    private DenormalisedCopy(
            String name, CopyStore<K, V> store, CopySource<K, V> source, Observer observer, TimeSource time) {
        this.name = name;
        this.store = store;
        this.source = source;
        this.observer = observer.guarded();
        this.time = time;
    }

    /**
     * Makes the keeper of a copy, with the system's clock, observed by {@link Observer#slf4j()}.
     *
     * @param <K> the kind of key
     * @param <V> the kind of row
     * @param name for events and measurements
     * @param store the copy
     * @param source the original
     * @return it does nothing by itself: hand announcements to {@link #accept}
     */
    public static <K, V> DenormalisedCopy<K, V> of(String name, CopyStore<K, V> store, CopySource<K, V> source) {
        return of(name, store, source, Observer.slf4j(), TimeSource.system());
    }

    /**
     * Makes the keeper of a copy.
     *
     * @param <K> the kind of key
     * @param <V> the kind of row
     * @param name for events and measurements
     * @param store the copy
     * @param source the original
     * @param observer is told of rebuilds and what they found
     * @param time dates events
     * @return it does nothing by itself: hand announcements to {@link #accept}
     */
    public static <K, V> DenormalisedCopy<K, V> of(
            String name, CopyStore<K, V> store, CopySource<K, V> source, Observer observer, TimeSource time) {
        return new DenormalisedCopy<>(name, store, source, observer, time);
    }

    /**
     * Applies an announcement. Return normally to the queue that delivered it; if this throws, let it deliver again.
     *
     * @param change the announcement
     * @return what became of it
     */
    public Applied accept(Change<K, V> change) {
        long before = store.put(change.key(), change.version(), change.value());
        if (before >= change.version()) {
            known.increment();
            return Applied.KNOWN;
        }
        applied.increment();
        if (before < change.previous()) {
            gaps.increment();
            return Applied.APPLIED_AFTER_GAP;
        }
        return Applied.APPLIED;
    }

    /**
     * Compares the whole copy with the original, while announcements go on, and puts right what differs: fills an empty copy,
     * and makes up for announcements that were lost. Holds the keys and versions of the copy in memory.
     *
     * @return what it found
     */
    public Rebuilt rebuild() {
        Rebuild<K, V> rebuild = new Rebuild<>(store);
        // Before the scan: what is put here later is newer than the scan, and none of its business.
        store.keys(rebuild::expect);
        source.scan(rebuild::renew);
        for (K key : rebuild.missing()) {
            source.read(key).ifPresentOrElse(rebuild::renew, () -> rebuild.delete(key));
        }
        Rebuilt done = rebuild.done();
        observer.on(new Event(
                time.now(),
                "sharding/copy/" + name,
                "copy.rebuilt",
                Level.INFO,
                done.toString(),
                Map.of("seen", done.seen(), "renewed", done.renewed(), "deleted", done.deleted())));
        return done;
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("name", name);
        return List.of(
                Measurement.counter("tenfold.sharding.copy.applied", "Changes applied to the copy", tags, applied::sum),
                Measurement.counter("tenfold.sharding.copy.known", "Changes known before", tags, known::sum),
                Measurement.counter(
                        "tenfold.sharding.copy.gaps", "Changes that followed a missing one", tags, gaps::sum));
    }

    @Override
    public String toString() {
        return "DenormalisedCopy[" + name + "]";
    }
}
