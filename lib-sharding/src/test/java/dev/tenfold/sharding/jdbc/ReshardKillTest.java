package dev.tenfold.sharding.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The short form of {@link ReshardChaos}. */
final class ReshardKillTest {

    @Test
    @Timeout(180)
    void keepsEveryRowWhileTheCoordinatorIsKilled() throws Exception {
        ReshardChaos.Result result = new ReshardChaos(3, 4, 6, ShardGuard::check, plan -> {}).run();
        System.out.print(result);
        assertThat(result.audit()).matches(RowAudit::isClean);
        assertThat(result.plans()).isGreaterThanOrEqualTo(4);
        assertThat(result.written()).isPositive();
    }
}
