package dev.tenfold.journey.stage;

import dev.tenfold.journey.app.ChildServer;
import dev.tenfold.journey.record.Recorder;
import dev.tenfold.journey.record.Recording;
import dev.tenfold.journey.report.Narrator;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what Tenfold did, in this process and in the servers, and tells it. Thread-safe. */
final class EventLog implements Observer {

    /** How often an event of one kind is told; after that it is known, and only counted. */
    private static final int TOLD = 4;

    /** What is in order, and said in other words already. */
    private static final Set<String> DULL = Set.of("pool.updated", "primary.back", "map.changed");

    private final Narrator narrator;
    private final Recorder recorder;
    private final Map<String, LongAdder> kinds = new ConcurrentHashMap<>();
    private volatile boolean telling;

    EventLog(Narrator narrator, Recorder recorder) {
        this.narrator = narrator;
        this.recorder = recorder;
    }

    @Override
    public void on(Event event) {
        happened(event.kind(), event.source() + ": " + event.message());
    }

    /** Takes a line that a server printed: an event, or its last words. */
    void heard(String server, String line) {
        if (line.startsWith(ChildServer.EVENT)) {
            String event = line.substring(ChildServer.EVENT.length());
            int space = event.indexOf(' ');
            happened(event.substring(0, space), server + " " + event.substring(space + 1));
        } else {
            narrator.note(server + " says: " + line);
        }
    }

    /** From now on what happens is told; before, things are only being set up. */
    void beginTelling() {
        telling = true;
        kinds.clear();
    }

    /** What happens from now on is only cleaning up. */
    void endTelling() {
        telling = false;
    }

    /** How often something happened. */
    long count(String kind) {
        LongAdder count = kinds.get(kind);
        return count == null ? 0 : count.sum();
    }

    private void happened(String kind, String text) {
        LongAdder count = kinds.computeIfAbsent(kind, unseen -> new LongAdder());
        count.increment();
        if (!telling || DULL.contains(kind)) {
            return;
        }
        recorder.mark(Recording.Kind.REACTION, kind, text);
        if (count.sum() <= TOLD) {
            narrator.note("↳ " + text);
        }
    }
}
