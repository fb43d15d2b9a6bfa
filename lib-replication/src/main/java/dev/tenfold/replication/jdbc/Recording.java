package dev.tenfold.replication.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What was set on a statement, so that the same statement can be made again on another node. Kept in arrays that are used
 * again for the next statement, since every prepared statement needs one: recording a parameter allocates nothing.
 *
 * <p>Used by one thread at a time.
 */
final class Recording {

    /** More parameters than that and the arrays are not kept for another statement. */
    private static final int KEPT = 64;

    private static final Parameter UNSET = (statement, index, value, number) -> {};

    private final List<Setting> settings = new ArrayList<>(0);
    private Parameter[] parameters = new Parameter[8];
    private @Nullable Object[] values = new Object[8];
    private long[] numbers = new long[8];
    private int highest;
    private boolean repeatable = true;

    /** A setting of a statement, such as its fetch size. */
    interface Setting {
        void on(Statement statement) throws SQLException;
    }

    /** Which setter a parameter was given by; without a state of its own, so that it is made once. */
    interface Parameter {
        void set(PreparedStatement statement, int index, @Nullable Object value, long number) throws SQLException;
    }

    void add(Setting setting) {
        settings.add(setting);
    }

    void put(int index, Parameter parameter, @Nullable Object value, long number) {
        if (index < 1) {
            return; // the driver has refused it
        }
        if (index > parameters.length) {
            int room = Math.max(index, parameters.length * 2);
            parameters = Arrays.copyOf(parameters, room);
            values = Arrays.copyOf(values, room);
            numbers = Arrays.copyOf(numbers, room);
        }
        Arrays.fill(parameters, highest, Math.max(highest, index), UNSET);
        highest = Math.max(highest, index);
        parameters[index - 1] = parameter;
        values[index - 1] = value;
        numbers[index - 1] = number;
    }

    /** Notes a parameter that can be read once only, such as a stream. */
    void putUnrepeatable() {
        repeatable = false;
    }

    boolean isRepeatable() {
        return repeatable;
    }

    void clearParameters() {
        Arrays.fill(values, 0, highest, null);
        highest = 0;
        repeatable = true;
    }

    void replay(Statement statement) throws SQLException {
        for (Setting setting : settings) {
            setting.on(statement);
        }
        if (statement instanceof PreparedStatement prepared) {
            for (int i = 0; i < highest; i++) {
                parameters[i].set(prepared, i + 1, values[i], numbers[i]);
            }
        }
    }

    /** Recordings that no statement uses now: a few, taken and given back without waiting. Thread-safe. */
    static final class Spares {

        private static final int SPARES = 16;

        private final AtomicReferenceArray<@Nullable Recording> spares = new AtomicReferenceArray<>(SPARES);

        Recording take() {
            Recording spare = spares.getAndSet(slot(), null);
            return spare == null ? new Recording() : spare;
        }

        void giveBack(Recording recording) {
            if (recording.parameters.length <= KEPT) {
                recording.clearParameters();
                recording.settings.clear();
                spares.setRelease(slot(), recording);
            }
        }

        private static int slot() {
            return (int) (Thread.currentThread().getId() & (SPARES - 1));
        }
    }
}
