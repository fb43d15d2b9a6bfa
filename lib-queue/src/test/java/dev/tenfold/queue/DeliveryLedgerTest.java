package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A ledger that noticed nothing would be satisfied with any broker. */
class DeliveryLedgerTest {

    private final DeliveryLedger ledger = new DeliveryLedger();

    private void lines(String... lines) {
        for (String line : lines) {
            ledger.line(line);
        }
    }

    @Test
    void whatIsConfirmedAndNeverDeliveredIsLost() {
        lines("P 15", "C 15", "D work 15");
        ledger.audit();
        assertThat(ledger.violations()).containsExactly("confirmed and lost: 15 in copy");
    }

    @Test
    void aRejectedMessageMustBeADeadLetter() {
        lines("P 10", "C 10", "D work 10", "D copy 10", "A work 10");
        ledger.audit();
        assertThat(ledger.violations()).containsExactly("confirmed and lost: 10 in work.dead");
    }

    @Test
    void whatWasAcknowledgedMustNotComeBack() {
        lines("P 15", "C 15", "D work 15", "A work 15", "D copy 15", "D work 15");
        ledger.audit();
        assertThat(ledger.violations()).containsExactly("delivered after the acknowledgement was confirmed: D work 15");
    }

    @Test
    void whatWasNotConfirmedMayBeLostAndWhatWasNotAcknowledgedMayComeBack() {
        lines("P 15", "P 16", "D work 15", "D work 15");
        ledger.audit();
        assertThat(ledger.violations()).isEmpty();
    }
}
