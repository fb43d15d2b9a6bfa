package dev.tenfold.sharding.scatter;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.stream.Collector;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of rows: taken up shard by shard, each on its own thread, and put together in the end. Stateless.
 *
 * @param <T> the kind of row
 * @param <A> what a shard's rows are taken up in
 * @param <R> the kind of result
 */
interface Gathering<T, A, R extends @Nullable Object> {

    A begin();

    /** Takes a row; false if no more are needed of this shard. */
    boolean add(A answer, T row);

    /** Puts answers together, which are in the order of shards. */
    R finish(List<A> answers);

    /** How many rows of each shard are enough, {@link Long#MAX_VALUE} for all. */
    default long enough() {
        return Long.MAX_VALUE;
    }

    /** Folds rows with a collector. */
    record Collecting<T, A, R extends @Nullable Object>(Collector<? super T, A, R> collector)
            implements Gathering<T, A, R> {

        @Override
        public A begin() {
            return collector.supplier().get();
        }

        @Override
        public boolean add(A answer, T row) {
            collector.accumulator().accept(answer, row);
            return true;
        }

        @Override
        public R finish(List<A> answers) {
            BinaryOperator<A> combiner = collector.combiner();
            A whole = answers.isEmpty() ? begin() : answers.get(0);
            for (int i = 1; i < answers.size(); i++) {
                whole = combiner.apply(whole, answers.get(i));
            }
            return collector.finisher().apply(whole);
        }
    }

    /** Lists rows, shard after shard or merged in order. */
    record Listing<T>(@Nullable Comparator<? super T> order, long offset, long limit, int maximumRows)
            implements Gathering<T, List<T>, List<T>> {

        @Override
        public List<T> begin() {
            return new ArrayList<>();
        }

        @Override
        public boolean add(List<T> answer, T row) {
            int size = answer.size();
            if (size == maximumRows) {
                throw new IllegalStateException("rows of one shard: more than " + maximumRows
                        + " (expected: at most maximumRows; select less, set a limit, or collect them)");
            }
            if (order != null && size > 0 && order.compare(answer.get(size - 1), row) > 0) {
                throw new IllegalStateException("row " + row + " after " + answer.get(size - 1)
                        + " (expected: in the scatter's order; sort the shard's query the same way, its collation"
                        + " included)");
            }
            answer.add(row);
            return answer.size() < enough();
        }

        @Override
        public List<T> finish(List<List<T>> answers) {
            List<T> rows = new ArrayList<>();
            if (order == null) {
                long skipped = offset;
                for (List<T> answer : answers) {
                    for (T row : answer) {
                        if (rows.size() == limit) {
                            return rows;
                        }
                        if (skipped-- <= 0) {
                            rows.add(row);
                        }
                    }
                }
                return rows;
            }
            Iterator<T> merged =
                    KWayMerge.sorted(answers.stream().map(List::iterator).toList(), order);
            for (long skipped = 0; skipped < offset && merged.hasNext(); skipped++) {
                merged.next();
            }
            while (rows.size() < limit && merged.hasNext()) {
                rows.add(merged.next());
            }
            return rows;
        }

        @Override
        public long enough() {
            return limit > Long.MAX_VALUE - offset ? Long.MAX_VALUE : offset + limit;
        }
    }
}
