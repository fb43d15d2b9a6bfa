package dev.tenfold.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenfold.coordination.Lease.Grant;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A lease over a register that is slow, unreachable, or does not say what it did. */
final class LeaseFaultTest {

    private static final Duration TERM = Duration.ofSeconds(10);

    private final SimulatedTime time = new SimulatedTime();
    private final Faulty register = new Faulty();
    private final Lease lease = Leases.over(register, time);
    private final Lease other = Leases.over(register, time);

    @Test
    void countsTheHoldersTimeFromBeforeTheWriteWasSent() {
        register.beforeAnswer = () -> time.advance(Duration.ofSeconds(4));
        Grant grant = lease.tryAcquire("a", TERM).orElseThrow();

        time.advance(Duration.ofSeconds(5));
        assertThat(grant.isHeld()).isTrue();
        time.advance(Duration.ofSeconds(1));
        assertThat(grant.isHeld()).isFalse();

        assertThat(grant.renew()).isTrue();
        time.advance(Duration.ofSeconds(6));
        assertThat(grant.isHeld()).isFalse();
    }

    @Test
    void isNotHeldIfTheAnswerTookLongerThanTheDuration() {
        register.beforeAnswer = () -> time.advance(TERM);

        assertThat(lease.tryAcquire("a", TERM).orElseThrow().isHeld()).isFalse();
    }

    @Test
    void startsTheContendersTimerOnlyAfterTheReadReturned() {
        lease.tryAcquire("a", TERM);
        register.beforeRead = () -> time.advance(Duration.ofSeconds(3));
        assertThat(other.tryAcquire("b", TERM)).isEmpty();
        register.beforeRead = () -> {};

        time.advance(TERM.minusNanos(1));
        assertThat(other.tryAcquire("b", TERM)).isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(other.tryAcquire("b", TERM)).isPresent();
    }

    @Test
    void mayHaveBeenTakenIfTheAnswerIsLostAndThenLapses() {
        register.afterWrite = new OutcomeUnknownException("deliberate", null);
        assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(() -> lease.tryAcquire("a", TERM));
        register.afterWrite = null;

        assertThat(lease.tryAcquire("a", TERM)).isEmpty();
        time.advance(TERM);
        assertThat(lease.tryAcquire("a", TERM).orElseThrow().token())
                .as("the token of the lost grant is not used again")
                .isEqualTo(2);
    }

    @Test
    void lastsAsLongAsBeforeIfTheStorageIsUnreachable() {
        Grant grant = lease.tryAcquire("a", TERM).orElseThrow();
        time.advance(Duration.ofSeconds(6));

        register.beforeWrite = new UnavailableException("deliberate", List.of(), null);
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(grant::renew);
        assertThat(grant.isHeld()).isTrue();
        time.advance(Duration.ofSeconds(4));
        assertThat(grant.isHeld()).isFalse();
        register.beforeWrite = null;
        assertThat(grant.renew()).isTrue();
        assertThat(grant.isHeld()).isTrue();
    }

    @Test
    void findsOutAtTheNextRenewalWhetherAnUnknownOneHappened() {
        Grant grant = lease.tryAcquire("a", TERM).orElseThrow();
        time.advance(Duration.ofSeconds(6));

        register.afterWrite = new OutcomeUnknownException("deliberate", null);
        assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(grant::renew);
        time.advance(Duration.ofSeconds(4));
        assertThat(grant.isHeld()).as("errs towards no").isFalse();
        register.afterWrite = null;

        assertThat(grant.renew()).isTrue();
        assertThat(grant.isHeld()).isTrue();
        assertThat(register.read().orElseThrow().value().renewals()).isEqualTo(2);
        grant.close();
        assertThat(other.tryAcquire("b", TERM)).isPresent();
    }

    @Test
    void lapsesByItselfIfItCouldNotBeGivenUp() {
        Grant grant = lease.tryAcquire("a", TERM).orElseThrow();

        register.beforeWrite = new UnavailableException("deliberate", List.of(), null);
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(grant::close);
        assertThat(grant.isHeld()).isFalse();
        grant.close();
        register.beforeWrite = null;

        assertThat(other.tryAcquire("b", TERM)).isEmpty();
        time.advance(TERM);
        assertThat(other.tryAcquire("b", TERM)).isPresent();
    }

    /** A register in memory with one fault at a time. */
    private static final class Faulty implements VersionedRegister<LeaseState> {

        private final VersionedRegister<LeaseState> memory = Registers.inMemory("faulty");
        private Runnable beforeRead = () -> {};
        private Runnable beforeAnswer = () -> {};
        private TenfoldException beforeWrite;
        private TenfoldException afterWrite;

        @Override
        public Optional<Versioned<LeaseState>> read() {
            Optional<Versioned<LeaseState>> now = memory.read();
            beforeRead.run();
            return now;
        }

        @Override
        public Optional<Versioned<LeaseState>> compareAndSet(long expectedVersion, LeaseState value) {
            if (beforeWrite != null) {
                throw beforeWrite;
            }
            Optional<Versioned<LeaseState>> written = memory.compareAndSet(expectedVersion, value);
            beforeAnswer.run();
            if (afterWrite != null) {
                throw afterWrite;
            }
            return written;
        }

        @Override
        public Watch watch(Consumer<? super Versioned<LeaseState>> listener) {
            return memory.watch(listener);
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
