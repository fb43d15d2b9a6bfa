package dev.tenfold;

import dev.tenfold.DataPath.Change;
import dev.tenfold.Publisher.RecordedRemoving;
import dev.tenfold.Publisher.RecordedWriting;
import dev.tenfold.Replicas.Removing;
import dev.tenfold.Replicas.Writing;
import java.util.Objects;

/**
 * The user's function that writes or removes, with its announcement or without.
 *
 * @param <N> the kind of node
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
final class WriteStep<N, K, V> {

    private final Commit<N, K, V> commit;
    private final boolean recording;

    private WriteStep(Commit<N, K, V> commit, boolean recording) {
        this.commit = commit;
        this.recording = recording;
    }

    static <N, K, V> WriteStep<N, K, V> writing(Writing<N, K, V> writing) {
        return new WriteStep<>(
                (node, change) -> {
                    writing.write(node, change.key(), Objects.requireNonNull(change.value()));
                    return false;
                },
                false);
    }

    static <N, K, V> WriteStep<N, K, V> removing(Removing<N, K> removing) {
        return new WriteStep<>(
                (node, change) -> {
                    removing.remove(node, change.key());
                    return false;
                },
                false);
    }

    static <N, K, V, T> WriteStep<N, K, V> writing(
            Publisher.Recorder<T, Change<K, V>> outbox, RecordedWriting<N, K, V, T> writing) {
        return new WriteStep<>(
                (node, change) -> {
                    Stored<T, K, V> announcement = new Stored<>(outbox, change);
                    writing.write(node, change.key(), Objects.requireNonNull(change.value()), announcement);
                    return announcement.stored;
                },
                true);
    }

    static <N, K, V, T> WriteStep<N, K, V> removing(
            Publisher.Recorder<T, Change<K, V>> outbox, RecordedRemoving<N, K, T> removing) {
        return new WriteStep<>(
                (node, change) -> {
                    Stored<T, K, V> announcement = new Stored<>(outbox, change);
                    removing.remove(node, change.key(), announcement);
                    return announcement.stored;
                },
                true);
    }

    /** Says whether the function is given the announcement to store. */
    boolean isRecording() {
        return recording;
    }

    /** Writes and commits; returns whether the announcement was stored. */
    boolean commit(N node, Change<K, V> change) throws Exception {
        return commit.on(node, change);
    }

    @FunctionalInterface
    private interface Commit<N, K, V> {
        boolean on(N node, Change<K, V> change) throws Exception;
    }

    /** For one attempt: a write that is made again has a new transaction. */
    private static final class Stored<T, K, V> implements Publisher.Announcement<T> {

        private final Publisher.Recorder<T, Change<K, V>> outbox;
        private final Change<K, V> change;
        private boolean stored;

        Stored(Publisher.Recorder<T, Change<K, V>> outbox, Change<K, V> change) {
            this.outbox = outbox;
            this.change = change;
        }

        @Override
        public void recordIn(T transaction) throws Exception {
            if (stored) {
                throw new IllegalStateException("announcement of key " + change.key()
                        + ": stored already (expected: once in the transaction that writes)");
            }
            outbox.record(transaction, change);
            stored = true;
        }
    }
}
