package dev.tenfold.journey.record;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured while a stage played. Times are seconds since its load began. Immutable.
 *
 * @param slices what the users saw, by rising time
 * @param marks what happened, by rising time
 * @param curves numbers that were read again and again
 * @param shares what fell to whom
 * @param silence the longest time in which nobody was served
 * @param writeSilence the longest time in which no write was
 * @param cost what the requests took of the processors
 */
public record Recording(
        List<Slice> slices,
        List<Mark> marks,
        List<Curve> curves,
        List<Share> shares,
        Span silence,
        Span writeSilence,
        Cost cost) {

    /** Copies the lists. */
    public Recording {
        slices = List.copyOf(slices);
        marks = List.copyOf(marks);
        curves = List.copyOf(curves);
        shares = List.copyOf(shares);
    }

    /**
     * A piece of the load.
     *
     * @param from its beginning
     * @param to its end
     * @param answered how many good answers
     * @param failed how many requests were not served
     * @param p50 milliseconds from due, of half of the answers at most; 0 without any
     * @param p99 milliseconds from due, of 99 % at most; 0 without any
     */
    public record Slice(double from, double to, long answered, long failed, double p50, double p99) {}

    /** What kind of thing happened. */
    public enum Kind {
        /** Something was broken. */
        FAULT,
        /** Something else was done: mended, moved, started. */
        ACT,
        /** A primitive did something by itself. */
        REACTION
    }

    /**
     * Something that happened.
     *
     * @param at when
     * @param kind who did it
     * @param topic the kind of event, such as {@code failover.promoted}; empty for what the operator did
     * @param text a sentence
     */
    public record Mark(double at, Kind kind, String topic, String text) {}

    /**
     * One number over time.
     *
     * @param chart what it is drawn together with
     * @param name which one it is in there
     * @param points by rising time
     */
    public record Curve(Chart chart, String name, List<Point> points) {

        /** Copies the points. */
        public Curve {
            points = List.copyOf(points);
        }
    }

    /**
     * One reading.
     *
     * @param at when
     * @param value what
     */
    public record Point(double at, double value) {}

    /**
     * How something fell to several parts.
     *
     * @param chart what it is drawn together with
     * @param name whose it is: a row
     * @param parts how much by part, in order
     */
    public record Share(Chart chart, String name, Map<String, Double> parts) {

        /** Copies the parts, keeping their order. */
        public Share {
            parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
        }

        /**
         * Returns all parts together.
         *
         * @return their sum
         */
        public double total() {
            return parts.values().stream().mapToDouble(Double::doubleValue).sum();
        }
    }

    /**
     * A stretch of time.
     *
     * @param from its beginning
     * @param to its end
     */
    public record Span(double from, double to) {

        /**
         * Returns how long it is.
         *
         * @return seconds
         */
        public double seconds() {
            return to - from;
        }
    }
}
