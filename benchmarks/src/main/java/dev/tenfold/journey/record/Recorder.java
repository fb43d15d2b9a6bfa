package dev.tenfold.journey.record;

import dev.tenfold.journey.load.Tally;
import dev.tenfold.journey.record.Recording.Curve;
import dev.tenfold.journey.record.Recording.Kind;
import dev.tenfold.journey.record.Recording.Mark;
import dev.tenfold.journey.record.Recording.Point;
import dev.tenfold.journey.record.Recording.Share;
import dev.tenfold.journey.record.Recording.Slice;
import dev.tenfold.journey.record.Recording.Span;
import dev.tenfold.time.TimeSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * Collects what is measured while a stage plays. It keeps the newest {@value #SLICES} slices and readings of each curve and
 * the newest {@value #MARKS} marks, however long the stage lasts. Thread-safe.
 */
public final class Recorder {

    /** Half a second each: more than ten minutes. */
    static final int SLICES = 1_400;

    static final int MARKS = 500;

    private final TimeSource time;
    private final Deque<Mark> marks = new ArrayDeque<>();
    private final List<Reading> readings = new ArrayList<>();
    private final List<Share> shares = new ArrayList<>();
    private final Deque<Slice> slices = new ArrayDeque<>();
    private long start;
    private boolean running;

    /**
     * Makes an empty recorder.
     *
     * @param time the clock of the load
     */
    public Recorder(TimeSource time) {
        this.time = time;
    }

    /** A number to be read again and again. */
    private static final class Reading {
        private final Chart chart;
        private final String name;
        private final DoubleSupplier value;
        private final Deque<Point> points = new ArrayDeque<>();

        Reading(Chart chart, String name, DoubleSupplier value) {
            this.chart = chart;
            this.name = name;
            this.value = value;
        }
    }

    /** The load begins: what was marked before is forgotten. */
    public synchronized void begin() {
        start = time.nanoTime();
        running = true;
        marks.clear();
    }

    /**
     * Returns how long the load has lasted.
     *
     * @return seconds; 0 before it began
     */
    public synchronized double now() {
        return running ? seconds(time.nanoTime()) : 0;
    }

    private double seconds(long nanos) {
        return (nanos - start) / 1e9;
    }

    /**
     * Notes that something happened now.
     *
     * @param kind who did it
     * @param topic the kind of event, may be empty
     * @param text a sentence
     */
    public synchronized void mark(Kind kind, String topic, String text) {
        if (!running) {
            return;
        }
        marks.add(new Mark(now(), kind, topic, text));
        if (marks.size() > MARKS) {
            marks.remove();
        }
    }

    /**
     * Notes what the users saw since the last slice.
     *
     * @param answered how many good answers
     * @param failed how many requests were not served
     * @param p50 milliseconds
     * @param p99 milliseconds
     */
    public synchronized void slice(long answered, long failed, double p50, double p99) {
        Slice last = slices.peekLast();
        slices.add(new Slice(last == null ? 0 : last.to(), now(), answered, failed, p50, p99));
        if (slices.size() > SLICES) {
            slices.remove();
        }
    }

    /**
     * Asks for a number to be read whenever {@link #sample} is called.
     *
     * @param chart what it is drawn together with
     * @param name which one it is in there
     * @param value reads it, on the thread that samples; not a number where there is none now
     */
    public synchronized void plot(Chart chart, String name, DoubleSupplier value) {
        readings.add(new Reading(chart, name, value));
    }

    /** Reads all numbers that were asked for, one after the other. */
    public void sample() {
        List<Reading> asked;
        synchronized (this) {
            asked = new ArrayList<>(readings);
        }
        for (Reading reading : asked) {
            double value = reading.value.getAsDouble();
            if (Double.isNaN(value)) {
                continue;
            }
            synchronized (this) {
                reading.points.add(new Point(now(), value));
                if (reading.points.size() > SLICES) {
                    reading.points.remove();
                }
            }
        }
    }

    /**
     * Returns the newest marks.
     *
     * @param most how many
     * @return newest first
     */
    public synchronized List<Mark> news(int most) {
        List<Mark> news = new ArrayList<>();
        for (Iterator<Mark> each = marks.descendingIterator(); each.hasNext() && news.size() < most; ) {
            news.add(each.next());
        }
        return news;
    }

    /**
     * Returns the 99th percentiles of the newest slices.
     *
     * @param most how many
     * @return milliseconds, oldest first
     */
    public synchronized List<Double> history(int most) {
        return slices.stream()
                .skip(Math.max(0, slices.size() - most))
                .map(Slice::p99)
                .toList();
    }

    /**
     * Notes how something fell to several parts.
     *
     * @param chart what it is drawn together with
     * @param name whose it is
     * @param parts how much by part, in order
     */
    public synchronized void share(Chart chart, String name, Map<String, Double> parts) {
        shares.add(new Share(chart, name, parts));
    }

    /**
     * Returns what was collected.
     *
     * @param tally knows when nobody was served
     * @param cost what the requests took
     * @return an immutable copy
     */
    public synchronized Recording recording(Tally tally, Cost cost) {
        List<Curve> curves = readings.stream()
                .map(reading -> new Curve(reading.chart, reading.name, new ArrayList<>(reading.points)))
                .toList();
        return new Recording(
                new ArrayList<>(slices),
                new ArrayList<>(marks),
                curves,
                shares,
                span(tally.silence()),
                span(tally.writeSilence()),
                cost);
    }

    private Span span(Tally.Gap gap) {
        return gap.from() == gap.to() ? new Span(0, 0) : new Span(seconds(gap.from()), seconds(gap.to()));
    }
}
