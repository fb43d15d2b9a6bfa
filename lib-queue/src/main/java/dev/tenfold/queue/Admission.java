package dev.tenfold.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A queue's answer to a message.
 *
 * @param refusal why it was refused, or null
 * @param blocked what to wait for, or null
 * @param dropped what the queue dropped for it, to be dead-lettered by the caller
 */
record Admission<E>(@Nullable String refusal, @Nullable BlockedPublish<E> blocked, List<Entry<E>> dropped) {

    private static final Admission<?> TAKEN = new Admission<>(null, null, List.of());

    /** The usual answer: one shared object. */
    @SuppressWarnings("unchecked") // holds nothing of type E
    static <E> Admission<E> taken() {
        return (Admission<E>) TAKEN;
    }

    /** Whether it was taken and there is nothing left to do. */
    boolean isPlain() {
        return isTaken() && dropped.isEmpty();
    }

    boolean isTaken() {
        return refusal == null && blocked == null;
    }

    static <E> Admission<E> taken(List<Entry<E>> dropped) {
        return new Admission<>(null, null, dropped);
    }

    static <E> Admission<E> refused(String why) {
        return new Admission<>(why, null, List.of());
    }

    static <E> Admission<E> blocked(BlockedPublish<E> blocked) {
        return new Admission<>(null, blocked, List.of());
    }
}
