package dev.tenfold.journey.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.load.Site.Ask;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class WorkloadTest {

    private static final int REQUESTS = 2_000;

    private final Crowd crowd = new Crowd(20);
    private final Ledger ledger = new Ledger();
    private final Tally tally = new Tally();
    private final Latencies latencies = new Latencies();

    /** An application in a map, which forgets no write. */
    private final Map<Long, Long> versions = new HashMap<>();

    private final List<String> writes = new ArrayList<>();

    private Answer serve(Ask ask) {
        String[] path = ask.path().substring(1).split("[/?=]", -1);
        switch (ask.method() + " " + path[0]) {
            case "PUT users" -> versions.put(Long.parseLong(path[1]), Long.parseLong(path[3]));
            case "POST posts" -> writes.add("post/" + path[1]);
            case "POST follow" -> {
                String follow = "follow/" + ask.person().id() + "-" + path[1];
                if (!writes.contains(follow)) {
                    writes.add(follow);
                }
            }
            case "GET users" -> {
                long version = versions.getOrDefault(Long.parseLong(path[1]), 0L);
                return new Answer(200, path[1] + "\nname\n" + version + "\nabout\n");
            }
            default -> {}
        }
        return new Answer(200, "");
    }

    private Ledger.Audit play(Site site) throws Exception {
        Workload workload = new Workload(crowd, site, ledger, tally, latencies, TimeSource.system(), 7);
        for (int i = 0; i < REQUESTS; i++) {
            workload.send(i, System.nanoTime());
        }
        return ledger.audit(crowd, new Ledger.Truth() {
            @Override
            public List<String> writes() {
                return writes;
            }

            @Override
            public Map<Long, Long> versions() {
                return versions;
            }
        });
    }

    @Test
    void aCorrectApplicationPasses() throws Exception {
        crowd.people().forEach(person -> versions.put(person.id(), 0L));

        Ledger.Audit audit = play(this::serve);

        assertThat(tally.requests()).isEqualTo(REQUESTS);
        assertThat(latencies.total().count()).isEqualTo(REQUESTS);
        assertThat(tally.failed()).isZero();
        assertThat(tally.wentBack()).isZero();
        assertThat(audit.acknowledged()).isGreaterThan(REQUESTS / 10);
        assertThat(audit.lost()).isEmpty();
        assertThat(audit.invented()).isEmpty();
    }

    @Test
    void anApplicationThatForgetsIsCaught() throws Exception {
        crowd.people().forEach(person -> versions.put(person.id(), 0L));

        Ledger.Audit audit = play(ask -> ask.isRead() ? serve(ask) : new Answer(204, ""));

        assertThat(audit.lost()).hasSizeGreaterThan(20);
        assertThat(tally.wentBack()).as("own profiles that never changed").isPositive();
        assertThat(tally.samples()).isNotEmpty();
    }

    @Test
    void aWriteWithoutAnAnswerIsUnknownAndARefusedOneIsNot() throws Exception {
        crowd.people().forEach(person -> versions.put(person.id(), 0L));

        Ledger.Audit broken = play(ask -> {
            throw new IOException("connection reset");
        });
        assertThat(broken.unknown()).isPositive();
        assertThat(broken.acknowledged()).isZero();
        assertThat(tally.failed()).isEqualTo(REQUESTS);

        long unknown = broken.unknown();
        Ledger.Audit refused = play(ask -> {
            throw new ConnectException("connection refused");
        });
        assertThat(refused.unknown()).isEqualTo(unknown);
    }

    @Test
    void aServerThatForgotALoginIsNotAFailedRequest() throws Exception {
        crowd.people().forEach(person -> versions.put(person.id(), 0L));

        play(ask -> new Answer(Answer.LOGGED_OUT, ""));

        assertThat(tally.loggedOut()).isEqualTo(REQUESTS);
        assertThat(tally.failed()).isZero();
    }
}
