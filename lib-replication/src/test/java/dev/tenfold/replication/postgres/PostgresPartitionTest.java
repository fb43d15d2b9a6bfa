package dev.tenfold.replication.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.replication.postgres.Writers.Verdict;
import dev.tenfold.replication.testing.PostgresNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A network that swallows what it is sent and closes nothing, and a replica that stops replaying. */
class PostgresPartitionTest {

    @Test
    @Timeout(180)
    void aPrimaryThatIsCutOffIsReplacedOnlyIfTheReplicasMissItTooAndLosesNothing() throws Exception {
        try (FailoverLab lab = FailoverLab.relayed()) {
            lab.awaitWhole();
            try (Writers writers = new Writers(3, lab.routing::withSession)) {
                writers.awaitMore(50);
                PostgresNode former = lab.primary();

                // This process alone hears nothing of it: the replicas do, so it stays.
                lab.toClients.get(former.id()).swallow(true);
                lab.await("the primary is missed", () -> lab.firstAfter("primary.lost", 0) > 0);
                lab.toClients.get(former.id()).swallow(false);
                writers.awaitMore(20);
                assertThat(lab.primary()).isSameAs(former);
                assertThat(lab.events).noneMatch(event -> event.kind().equals("failover.promoted"));

                // A replica keeps what it receives to itself; and then nobody hears anything of the primary.
                PostgresNode silent = lab.othersThan(former).get(1);
                silent.execute("SELECT pg_wal_replay_pause()");
                writers.awaitMore(50);
                lab.toClients.get(former.id()).swallow(true);
                lab.toNodes.get(former.id()).swallow(true);
                PostgresNode next = lab.awaitPrimaryOtherThan(former);
                if (next != silent) {
                    silent.execute("SELECT pg_wal_replay_resume()");
                }
                writers.awaitMore(50);

                // The zombie lives all the while. It hears of nobody, and its clients hear nothing from it.
                assertThat(former.execute("SELECT pg_is_in_recovery()")).isEqualTo("f");
                lab.toClients.get(former.id()).swallow(false);
                lab.toNodes.get(former.id()).swallow(false);
                lab.awaitWhole();
                writers.awaitMore(50);
                Verdict verdict = writers.judge(() -> FailoverLab.rows(lab.primary()));
                assertThat(verdict.lost()).isEmpty();
                assertThat(verdict.ghosts()).isEmpty();
                assertThat(verdict.ownWritesMissed()).isZero();
                assertThat(lab.differences()).isEmpty();
                assertThat(former.execute("SELECT pg_is_in_recovery()")).isEqualTo("t");
            }
        }
    }
}
