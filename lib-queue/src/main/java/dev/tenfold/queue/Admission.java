package dev.tenfold.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A queue's answer to a message.
 *
 * @param verdict the answer
 * @param refusal why it was refused, or null
 * @param blocked what to wait for, or null
 * @param dropped what the queue dropped for it, to be dead-lettered by the caller
 */
record Admission<E>(
        Verdict verdict, @Nullable String refusal, @Nullable BlockedPublish<E> blocked, List<Entry<E>> dropped) {

    enum Verdict {
        /** The queue has it, or keeps a place for it. */
        TAKEN,
        /** The queue had it before. */
        DUPLICATE,
        /** It was not allowed to wait, and nobody was there: to be dead-lettered by the caller. */
        EXPIRED,
        /** It would have been the head of a full queue that drops its head: to be dead-lettered by the caller. */
        DROPPED,
        /** The queue does not take it. */
        REFUSED,
        /** The queue takes it when it has room. */
        BLOCKED,
        /** There is no queue any more. */
        GONE
    }

    private static final Admission<?> TAKEN = new Admission<>(Verdict.TAKEN, null, null, List.of());
    private static final Admission<?> DUPLICATE = new Admission<>(Verdict.DUPLICATE, null, null, List.of());
    private static final Admission<?> EXPIRED = new Admission<>(Verdict.EXPIRED, null, null, List.of());
    private static final Admission<?> GONE = new Admission<>(Verdict.GONE, null, null, List.of());

    /** The usual answer: one shared object. */
    static <E> Admission<E> taken() {
        return shared(TAKEN);
    }

    static <E> Admission<E> duplicate() {
        return shared(DUPLICATE);
    }

    static <E> Admission<E> expired() {
        return shared(EXPIRED);
    }

    static <E> Admission<E> gone() {
        return shared(GONE);
    }

    @SuppressWarnings("unchecked") // holds nothing of type E
    private static <E> Admission<E> shared(Admission<?> answer) {
        return (Admission<E>) answer;
    }

    static <E> Admission<E> taken(List<Entry<E>> dropped) {
        return dropped.isEmpty() ? taken() : new Admission<>(Verdict.TAKEN, null, null, dropped);
    }

    static <E> Admission<E> dropped(List<Entry<E>> before) {
        return new Admission<>(Verdict.DROPPED, null, null, before);
    }

    static <E> Admission<E> refused(String why) {
        return new Admission<>(Verdict.REFUSED, why, null, List.of());
    }

    static <E> Admission<E> blocked(BlockedPublish<E> blocked) {
        return new Admission<>(Verdict.BLOCKED, null, blocked, List.of());
    }

    /** Whether it was taken and there is nothing left to do. */
    @SuppressWarnings("ReferenceEquality") // the shared object says so
    boolean isPlain() {
        return this == TAKEN;
    }

    boolean isTaken() {
        return verdict == Verdict.TAKEN;
    }
}
