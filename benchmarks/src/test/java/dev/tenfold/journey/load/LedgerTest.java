package dev.tenfold.journey.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.journey.load.Ledger.Audit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LedgerTest {

    private final Crowd crowd = new Crowd(2);
    private final Person ada = crowd.people().get(0);
    private final Ledger ledger = new Ledger();
    private final Map<Long, Long> versions = new HashMap<>(Map.of(1L, 0L, 2L, 0L));

    @BeforeEach
    void somethingHappened() {
        ledger.acknowledged("post/1");
        ledger.acknowledged("follow/1-2");
        ledger.unknown("post/2");
        ledger.unknown("post/3");
    }

    private Audit audit(String... stored) throws Exception {
        return ledger.audit(crowd, new Ledger.Truth() {
            @Override
            public List<String> writes() {
                return List.of(stored);
            }

            @Override
            public Map<Long, Long> versions() {
                return versions;
            }
        });
    }

    @Test
    void findsNothingWrongWhereEverythingIsThere() throws Exception {
        Audit audit = audit("follow/1-2", "post/1", "post/2");

        assertThat(audit.acknowledged()).isEqualTo(2);
        assertThat(audit.lost()).isEmpty();
        assertThat(audit.unknown()).isEqualTo(2);
        assertThat(audit.unknownButMade()).isEqualTo(1);
        assertThat(audit.duplicated()).isEmpty();
        assertThat(audit.invented()).isEmpty();
    }

    @Test
    void namesWhatWasLostDoubledAndInvented() throws Exception {
        Audit audit = audit("post/1", "post/1", "post/99");

        assertThat(audit.lost()).containsExactly("follow/1-2");
        assertThat(audit.duplicated()).containsExactly("post/1");
        assertThat(audit.invented()).containsExactly("post/99");
    }

    @Test
    void aProfileMustBeAsNewAsAcknowledgedAndNoNewerThanSent() throws Exception {
        ada.acknowledged(ada.nextVersion(), 10);
        ada.nextVersion();

        versions.put(1L, 0L);
        assertThat(audit("post/1", "follow/1-2").lost()).containsExactly("profile/1 at version 1, stored 0");
        versions.put(1L, 1L);
        assertThat(audit("post/1", "follow/1-2").lost()).isEmpty();
        versions.put(1L, 2L);
        assertThat(audit("post/1", "follow/1-2").invented()).isEmpty();
        versions.put(1L, 3L);
        assertThat(audit("post/1", "follow/1-2").invented()).containsExactly("profile/1 at version 3");
        versions.remove(1L);
        assertThat(audit("post/1", "follow/1-2").lost()).containsExactly("profile/1 at version 1, stored nothing");
    }

    @Test
    void knowsHowLongAChangeHasBeenMissing() {
        ada.acknowledged(ada.nextVersion(), 100);
        ada.acknowledged(ada.nextVersion(), 200);

        assertThat(ada.staleness(2, 500)).isZero();
        assertThat(ada.staleness(1, 500)).isEqualTo(300);
        assertThat(ada.staleness(0, 500)).isEqualTo(400);
        assertThat(ada.staleness(0, 50)).as("asked before it was acknowledged").isZero();
    }
}
