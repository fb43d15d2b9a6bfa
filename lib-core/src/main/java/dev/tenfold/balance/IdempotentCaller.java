package dev.tenfold.balance;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.time.Deadline;
import java.time.Duration;

/**
 * Makes calls that may be made twice; see {@link Caller#idempotent()}. Only these can be hedged.
 *
 * <p>Hedging, after J. Dean and L. A. Barroso, "The Tail at Scale", 2013: a call that takes longer than most is made once more on
 * another endpoint while the first goes on; the first answer is the caller's and the other attempt is cancelled, which
 * counts against nobody. An attempt that fails leaves the call to the other. Hedges are bounded as a share of the
 * calls that succeed ({@link LoadBalancerBuilder#hedgeBudget}), so that a pool that is slow as a whole gets little more load; a call
 * that the budget denies its hedge goes on as if there were none.
 *
 * <p>Hedged synchronous calls run on {@link LoadBalancerBuilder#hedgeExecutor}, the caller's thread waiting; the losing one is
 * interrupted. A transport that ignores interrupts holds its thread until its own timeout, so hand it the deadline.
 *
 * @param <T> the kind of target
 */
public interface IdempotentCaller<T> extends Caller<T> {

    /**
     * Returns a caller that hedges after the quantile of recent latencies of hedged calls that {@link
     * LoadBalancerBuilder#hedgeQuantile} sets; until 100 calls were answered it does not hedge.
     *
     * @return a caller over the same endpoints
     */
    IdempotentCaller<T> hedged();

    /**
     * Returns a caller that hedges after a fixed time.
     *
     * @param delay how long the first attempt is alone, >= 0
     * @return a caller over the same endpoints
     */
    IdempotentCaller<T> hedgedAfter(Duration delay);

    @Override
    default IdempotentCaller<T> idempotent() {
        return this;
    }

    @Override
    default IdempotentCaller<T> forKey(Object key) {
        return forKeyHash(KeyForm.whole().hash(key, KeyHash.xxh3()));
    }

    @Override
    IdempotentCaller<T> forKeyHash(long keyHash);

    @Override
    IdempotentCaller<T> within(Duration budget);

    @Override
    IdempotentCaller<T> within(Deadline deadline);
}
