package dev.tenfold.journey.app;

import dev.tenfold.Locator;
import dev.tenfold.Replicas;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.session.Position;
import dev.tenfold.time.Deadline;
import javax.sql.DataSource;

/**
 * That somebody follows somebody.
 *
 * @param follower who wants to read
 * @param followee whose posts
 */
record Following(long follower, long followee) {

    /** How it is known to the outbox, the queue and the ledger. */
    String event() {
        return "follow/" + follower + "-" + followee;
    }

    /** Reads {@link #event} back. */
    static Following of(String event) {
        int dash = event.indexOf('-');
        return new Following(
                Long.parseLong(event.substring("follow/".length(), dash)), Long.parseLong(event.substring(dash + 1)));
    }

    /** Whom a person follows is at home where the person is. */
    record Homes(Locator<Long, Replicas<DataSource>> people) implements Locator<Following, Replicas<DataSource>> {

        @Override
        public Replicas<DataSource> locate(Following following) {
            return people.locate(following.follower());
        }

        @Override
        public Replicas<DataSource> relocate(Following following, StaleEpochException refused, Deadline deadline) {
            return people.relocate(following.follower(), refused, deadline);
        }

        @Override
        public Position topology() {
            return people.topology();
        }
    }
}
