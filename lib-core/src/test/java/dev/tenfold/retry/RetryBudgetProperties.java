package dev.tenfold.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class RetryBudgetProperties {

    /** In every stretch of the history, retries are at most the reserve and the ratio of the successes in it. */
    @Property(tries = 300)
    void retriesAreBoundedInEveryStretch(
            @ForAll @Size(max = 120) List<Boolean> successes,
            @ForAll @IntRange(max = 10) int reserve,
            @ForAll @IntRange(max = 20) int tenths) {
        RetryBudget budget = RetryBudget.of(tenths / 10.0, reserve);
        int[] granted = new int[successes.size() + 1];
        int[] earned = new int[successes.size() + 1];
        for (int i = 0; i < successes.size(); i++) {
            if (successes.get(i)) {
                budget.deposit();
            }
            boolean retry = !successes.get(i) && budget.tryWithdraw();
            granted[i + 1] = granted[i] + (retry ? 1 : 0);
            earned[i + 1] = earned[i] + (successes.get(i) ? tenths : 0);
        }
        for (int from = 0; from < granted.length; from++) {
            for (int to = from; to < granted.length; to++) {
                assertThat((granted[to] - granted[from]) * 10)
                        .isLessThanOrEqualTo(reserve * 10 + earned[to] - earned[from]);
            }
        }
        assertThat(budget.available()).isBetween(0L, (long) reserve);
    }
}
