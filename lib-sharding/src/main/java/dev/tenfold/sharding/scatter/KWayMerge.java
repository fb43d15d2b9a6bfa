package dev.tenfold.sharding.scatter;

import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Merges what is sorted already, lazily: each element costs a logarithm of the number of sources, when it is asked for. */
public final class KWayMerge {

    private KWayMerge() {}

    /**
     * Merges sorted sources.
     *
     * @param <T> the kind of element
     * @param sources each in the order of {@code order}
     * @param order by which they are sorted
     * @return all elements in order; equal ones in the order of their sources. Not thread-safe; reads one element of each
     *     source in advance
     */
    public static <T> Iterator<T> sorted(
            Collection<? extends Iterator<? extends T>> sources, Comparator<? super T> order) {
        return new Merged<>(sources, order);
    }

    /** A source and the element it stands at. */
    private static final class Head<T> {
        final Iterator<? extends T> source;
        final int number;
        T element;

        Head(Iterator<? extends T> source, int number) {
            this.source = source;
            this.number = number;
            this.element = source.next();
        }
    }

    private static final class Merged<T> implements Iterator<T> {
        private final PriorityQueue<Head<T>> heads;

        Merged(Collection<? extends Iterator<? extends T>> sources, Comparator<? super T> order) {
            Comparator<Head<T>> byElement = (a, b) -> {
                int compared = order.compare(a.element, b.element);
                return compared != 0 ? compared : Integer.compare(a.number, b.number);
            };
            heads = new PriorityQueue<>(Math.max(1, sources.size()), byElement);
            int number = 0;
            for (Iterator<? extends T> source : sources) {
                if (source.hasNext()) {
                    heads.add(new Head<>(source, number));
                }
                number++;
            }
        }

        @Override
        public boolean hasNext() {
            return !heads.isEmpty();
        }

        @Override
        public T next() {
            @Nullable Head<T> head = heads.poll();
            if (head == null) {
                throw new NoSuchElementException("all sources are at their end");
            }
            T element = head.element;
            if (head.source.hasNext()) {
                head.element = head.source.next();
                heads.add(head);
            }
            return element;
        }
    }
}
