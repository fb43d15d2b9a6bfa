package dev.tenfold.queue.journal;

import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What a journal is given. Thread-safe.
 *
 * @param segmentSize bytes of each file
 * @param maximumBuffered bytes that may wait for the disk before {@link Journal#awaitRoom} lets nobody pass
 * @param flushInterval how long what comes waits for more, so that one force serves all; zero: only while the disk
 *     is busy
 * @param patience how long {@link Journal#awaitRoom} waits
 * @param time dates events
 * @param random draws what tells segments apart
 * @param observer guarded
 */
public record JournalSettings(
        int segmentSize,
        int maximumBuffered,
        Duration flushInterval,
        Duration patience,
        TimeSource time,
        RandomGenerator random,
        Observer observer) {

    /** Bytes of each file unless set: 16 MiB. */
    public static final int DEFAULT_SEGMENT_SIZE = 16 << 20;

    /** Bytes that may wait unless set: 8 MiB. */
    public static final int DEFAULT_MAXIMUM_BUFFERED = 8 << 20;

    static final int LEAST_SEGMENT_SIZE = 4 << 10;

    /** A journal never gets smaller segments than it has: what is in them must fit when it is copied. */
    JournalSettings withSegmentSize(int size) {
        return new JournalSettings(size, maximumBuffered, flushInterval, patience, time, random, observer);
    }

    /** The largest frame that is filled with more than one change. */
    int frameLimit() {
        return Math.min(1 << 20, segmentSize / 8);
    }

    /** The largest batch there may be. */
    int largestBatch() {
        return segmentSize - SegmentHeader.LENGTH - 2 * Frame.HEADER - 8;
    }

    /**
     * Notes what does not fit.
     *
     * @param check collects it
     */
    public void validate(Validation check) {
        check.require(
                segmentSize >= LEAST_SEGMENT_SIZE && segmentSize <= 1 << 30 && segmentSize % 512 == 0,
                "segmentSize",
                segmentSize,
                LEAST_SEGMENT_SIZE + " to " + (1 << 30) + ", a multiple of 512");
        check.atLeast("maximumBuffered", maximumBuffered, 1);
        check.notNegative("flushInterval", flushInterval);
        check.notNegative("patience", patience);
    }
}
