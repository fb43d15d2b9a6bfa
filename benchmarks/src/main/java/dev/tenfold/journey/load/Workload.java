package dev.tenfold.journey.load;

import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.load.Site.Ask;
import dev.tenfold.time.TimeSource;
import java.net.ConnectException;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What people do on the site: mostly look at each other, sometimes change or write something. Every request is drawn
 * from its own index, so a run with the same seed asks for the same things.
 */
public final class Workload implements OpenLoop.Request {

    /** The mix, as cumulative percentages; what remains looks at somebody's profile. */
    private static final int CHANGES_PROFILE = 8;

    private static final int POSTS = 13;
    private static final int FOLLOWS = 16;
    private static final int READS_TIMELINE = 24;
    private static final int READS_OWN_PROFILE = 38;

    private final Crowd crowd;
    private final Site site;
    private final Ledger ledger;
    private final Tally tally;
    private final Latencies latencies;
    private final TimeSource time;
    private final long seed;

    /**
     * Prepares the requests.
     *
     * @param crowd who asks
     * @param site whom
     * @param ledger where acknowledged writes go
     * @param tally where failures go
     * @param latencies where the times of good answers go
     * @param time the clock of the load
     * @param seed decides who does what
     */
    public Workload(
            Crowd crowd, Site site, Ledger ledger, Tally tally, Latencies latencies, TimeSource time, long seed) {
        this.crowd = crowd;
        this.site = site;
        this.ledger = ledger;
        this.tally = tally;
        this.latencies = latencies;
        this.time = time;
        this.seed = seed;
    }

    @Override
    public void send(long index, long due) {
        RandomGenerator random = new SplittableRandom(seed * 1_000_003 + index);
        Person person;
        try {
            person = crowd.borrow();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            act(person, random, due);
        } finally {
            crowd.giveBack(person);
        }
    }

    private void act(Person person, RandomGenerator random, long due) {
        int dice = random.nextInt(100);
        if (dice < CHANGES_PROFILE) {
            changeProfile(person, due);
        } else if (dice < POSTS) {
            long post = person.nextPost();
            write(new Ask("POST", "/posts/" + post, "the " + post + "th post", person), due, "post/" + post);
        } else if (dice < FOLLOWS) {
            long other = crowd.somebody(random);
            write(new Ask("POST", "/follow/" + other, "", person), due, "follow/" + person.id() + "-" + other);
        } else if (dice < READS_TIMELINE) {
            exchange(new Ask("GET", "/timeline", "", person), due);
        } else if (dice < READS_OWN_PROFILE) {
            readOwnProfile(person, due);
        } else {
            readProfile(person, crowd.somebody(random), due);
        }
    }

    private void changeProfile(Person person, long due) {
        long version = person.nextVersion();
        Ask ask = new Ask("PUT", "/users/" + person.id() + "?version=" + version, "I am at " + version, person);
        Answer answer = exchange(ask, due);
        if (answer == null || answer.status() == Answer.OUTCOME_UNKNOWN) {
            ledger.profileUnknown();
        } else if (answer.isGood()) {
            person.acknowledged(version, time.nanoTime());
            ledger.profileAcknowledged();
        }
    }

    private void write(Ask ask, long due, String name) {
        Answer answer = exchange(ask, due);
        if (answer == null || answer.status() == Answer.OUTCOME_UNKNOWN) {
            ledger.unknown(name);
        } else if (answer.isGood()) {
            ledger.acknowledged(name);
        }
    }

    private void readOwnProfile(Person person, long due) {
        long known = person.acknowledgedVersion();
        Answer answer = exchange(new Ask("GET", "/users/" + person.id(), "", person), due);
        if (answer != null && answer.isGood() && version(answer) < known) {
            tally.wentBack(
                    "user " + person.id() + " wrote profile version " + known + " and then read " + version(answer));
        }
    }

    private void readProfile(Person person, long other, long due) {
        Person shown = crowd.people().get((int) other - 1);
        long before = time.nanoTime();
        Answer answer = exchange(new Ask("GET", "/users/" + other, "", person), due);
        if (answer != null && answer.isGood()) {
            tally.stale(shown.staleness(version(answer), before));
        }
    }

    /** A profile is sent as lines: id, name, version, about. */
    private static long version(Answer profile) {
        String[] lines = profile.body().split("\n", 4);
        return Long.parseLong(lines[2]);
    }

    /** Returns the answer, or null if there was none and nothing is known of what became of the request. */
    private @Nullable Answer exchange(Ask ask, long due) {
        tally.request();
        long sent = time.nanoTime();
        try {
            Answer answer = site.send(ask);
            if (answer.isGood()) {
                long answered = time.nanoTime();
                latencies.record(due, sent, answered);
                tally.served(sent, answered);
                if (!ask.isRead()) {
                    tally.wrote(answered);
                }
            } else if (answer.status() == Answer.LOGGED_OUT) {
                tally.loggedOut(ask.method() + " " + ask.path());
            } else {
                tally.failed(ask.method() + " " + ask.path() + ": " + answer.status() + " " + answer.body());
            }
            return answer;
        } catch (ConnectException nothingSent) {
            tally.failed(ask.method() + " " + ask.path() + ": " + nothingSent.getMessage());
            return new Answer(Answer.UNAVAILABLE, "");
        } catch (Exception broken) {
            tally.failed(ask.method() + " " + ask.path() + ": " + broken);
            return null;
        }
    }
}
