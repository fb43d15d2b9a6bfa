package dev.tenfold.replication;

import dev.tenfold.error.Validation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a replica set does when its primary is gone. Immutable.
 *
 * <p>{@link #none} follows: it discovers whoever somebody else promotes (Patroni, a cloud provider, an operator). {@link
 * #automatic} drives: this library promotes.
 *
 * @param drives whether the set promotes by itself
 * @param misses how many probes in a row the primary must miss, >= 1
 * @param allowsDataLoss whether to promote although acknowledged writes may be lost by it
 * @param pause how long to wait after a promotion was refused or failed before the next try, > 0
 */
public record Failover(boolean drives, int misses, boolean allowsDataLoss, Duration pause) {

    /** Probes in a row that the primary must miss, unless changed: {@value}. */
    public static final int DEFAULT_MISSES = 3;

    /**
     * Checks the ranges.
     *
     * @throws dev.tenfold.error.InvalidConfigurationException with everything that is wrong
     */
    public Failover {
        Validation check = Validation.of("failover");
        check.atLeast("misses", misses, 1);
        check.positive("pause", pause);
        check.throwIfInvalid();
    }

    /**
     * Never promotes, and follows whoever is promoted by others.
     *
     * @return the default of a replica set
     */
    public static Failover none() {
        return new Failover(false, DEFAULT_MISSES, false, Duration.ofSeconds(1));
    }

    /**
     * Promotes the most advanced replica once the primary missed {@value #DEFAULT_MISSES} probes and a majority of the
     * replicas agree that they miss it too, provided that no acknowledged write can be lost by it.
     *
     * @return a failover that drives
     */
    public static Failover automatic() {
        return new Failover(true, DEFAULT_MISSES, false, Duration.ofSeconds(1));
    }

    /**
     * Sets how many probes in a row the primary must miss.
     *
     * @param misses >= 1
     * @return a copy
     */
    public Failover after(int misses) {
        return new Failover(drives, misses, allowsDataLoss, pause);
    }

    /**
     * Promotes the most advanced replica that can be reached even where acknowledged writes may be lost: under
     * asynchronous replication, or with too few replicas left for proof. A session whose write was lost is told by {@link
     * dev.tenfold.error.LostWriteException}.
     *
     * @return a copy
     */
    public Failover allowDataLoss() {
        return new Failover(drives, misses, true, pause);
    }

    /**
     * Sets how long to wait after a promotion was refused or failed before the next try.
     *
     * @param pause > 0
     * @return a copy
     */
    public Failover pausing(Duration pause) {
        return new Failover(drives, misses, allowsDataLoss, pause);
    }

    /**
     * What a former primary has that the set's history does not: read before it joins again, since joining removes it.
     *
     * <p>Nothing in it was acknowledged where the promotion was proven to lose nothing: then these are writes of transactions
     * that were never confirmed to anybody. Otherwise acknowledged writes may be among them.
     *
     * @param node the id of the former primary
     * @param from the new timeline, and the offset on the old one at which it began
     * @param to the old timeline, and the end of what the node wrote on it; the log between the two offsets is what is lost
     * @param rows what of it the engine could read, in no order; on PostgreSQL rows of the tables it was told to compare
     */
    public record RecoveryReport(String node, LogPosition from, LogPosition to, List<Row> rows) {

        /** Copies the list. */
        public RecoveryReport {
            rows = List.copyOf(rows);
        }

        /**
         * A row that the former primary has, and the primary has not or has differently.
         *
         * @param table where it is
         * @param old the row on the former primary, as JSON
         * @param now the row of the same key on the primary, as JSON, or {@code "null"}
         */
        public record Row(String table, String old, String now) {}

        /**
         * Writes it to a new file {@code recovery-NODE-TIMELINE.jsonl}: a line about the log, then a line for each row.
         *
         * @param folder where to, made if absent
         * @return the file
         * @throws UncheckedIOException if it cannot be written, or exists
         */
        public Path writeTo(Path folder) {
            List<String> lines = new ArrayList<>();
            lines.add("{\"node\": " + quoted(node) + ", \"from\": \"" + from + "\", \"to\": \"" + to
                    + "\", \"lostBytes\": " + lostBytes() + ", \"rows\": " + rows.size() + "}");
            for (Row row : rows) {
                lines.add("{\"table\": " + quoted(row.table()) + ", \"old\": " + row.old() + ", \"now\": " + row.now()
                        + "}");
            }
            Path file = folder.resolve("recovery-" + node + "-" + from.timeline() + ".jsonl");
            try {
                Files.createDirectories(folder);
                return Files.write(file, lines, StandardOpenOption.CREATE_NEW, StandardOpenOption.DSYNC);
            } catch (IOException failure) {
                throw new UncheckedIOException("the recovery report could not be written to " + file, failure);
            }
        }

        /**
         * Returns how much log was lost.
         *
         * @return bytes on PostgreSQL, >= 0; the records of its own that a server writes when it recovers count too
         */
        public long lostBytes() {
            return Math.max(0, to.offset() - from.offset());
        }

        private static String quoted(String text) {
            return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        }
    }
}
