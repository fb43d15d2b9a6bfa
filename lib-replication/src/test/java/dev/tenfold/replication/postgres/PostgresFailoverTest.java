package dev.tenfold.replication.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.postgres.Writers.Verdict;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Four writers in sessions on a primary that is taken from them again and again: killed, suspended and resumed, switched
 * over. One cluster goes through all of it, and is whole after each. The long form is {@link FailoverChaos}.
 */
@Timeout(90)
class PostgresFailoverTest {

    private static FailoverLab lab;
    private Writers writers;

    @BeforeAll
    static void start() throws SQLException {
        lab = FailoverLab.synchronous();
    }

    @AfterAll
    static void stop() {
        if (lab != null) {
            lab.close();
        }
    }

    @BeforeEach
    void write() throws SQLException {
        lab.awaitWhole();
        lab.primary().execute("TRUNCATE t");
        lab.events.clear();
        writers = new Writers(4, lab.routing::withSession);
    }

    @AfterEach
    void end() {
        writers.close();
    }

    private void assertNothingWasLost() throws Exception {
        Verdict verdict = writers.judge(() -> FailoverLab.rows(lab.primary()));
        assertThat(verdict.acknowledged()).isGreaterThan(100);
        assertThat(verdict.lost())
                .as("acknowledged writes lost; %s", lab.events)
                .isEmpty();
        assertThat(verdict.ghosts()).as("writes that were refused and happened").isEmpty();
        assertThat(verdict.ownWritesMissed())
                .as("own writes a session did not read")
                .isZero();
        Set<Long> different = lab.differences();
        assertThat(different).as("rows that are not on all nodes").isEmpty();
    }

    @Test
    void killedPrimariesAreReplacedJoinAgainAndNoAcknowledgedWriteIsLost() throws Exception {
        long shortest = Long.MAX_VALUE;
        for (int kill = 0; kill < 3; kill++) {
            writers.awaitMore(50);
            PostgresNode former = lab.primary();
            former.signal9();
            long gone = System.nanoTime();
            lab.awaitPrimaryOtherThan(former);
            writers.awaitMore(50);
            shortest = Math.min(shortest, writers.firstAfter(gone) - lab.firstAfter("failover.promoted", gone));
            former.start();
            lab.awaitWhole();
        }
        writers.awaitMore(50);
        // A quarter of a second is what the long run holds it to; here other work may be on the machine.
        assertThat(Duration.ofNanos(shortest))
                .as("from a promotion to the first write acknowledged after it, in the best of three")
                .isBetween(Duration.ZERO, Duration.ofSeconds(1));
        assertNothingWasLost();
    }

    @Test
    void aHungPrimaryIsReplacedAndJoinsAgainOnceItWakesUp() throws Exception {
        writers.awaitMore(50);
        PostgresNode former = lab.primary();
        former.suspend();
        lab.awaitPrimaryOtherThan(former);
        writers.awaitMore(50);
        former.resume();
        lab.awaitWhole();
        writers.awaitMore(50);
        assertNothingWasLost();
    }

    @Test
    void aSwitchoverLosesNothingAndTheFormerPrimaryFollows() throws Exception {
        writers.awaitMore(50);
        PostgresNode former = lab.primary();
        PostgresNode target = lab.othersThan(former).get(0);
        long epoch = lab.set.topology().epoch();
        ReplicaSet.Switchover made =
                lab.set.switchover(target.id(), Deadline.after(Duration.ofSeconds(20), TimeSource.system()));
        assertThat(made.to()).isEqualTo(target.id());
        assertThat(made.epoch()).isEqualTo(epoch + 1);
        assertThat(made.writeGap()).isLessThan(Duration.ofSeconds(10));
        assertThat(lab.primary()).isSameAs(target);
        lab.awaitWhole();
        writers.awaitMore(50);
        assertNothingWasLost();
        // Nothing was copied: it had nothing of its own.
        assertThat(lab.events).noneMatch(event -> event.kind().equals("rejoin.diverged"));
    }
}
