package dev.tenfold.journey.stage;

import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.load.Person;
import dev.tenfold.journey.load.Site;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Chance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/** Where everybody logs in and the first look around, before anything is counted: a server is slow at its first steps. */
final class Entrance {

    private static final int DOORS = 8;
    /** For about ten seconds: a server is slow at its first steps, on a busy machine slower still. */
    private static final Backoff PATIENCE = Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(2))
            .jitter(0)
            .attempts(10);

    /** So many look around, which warms the servers up. */
    private static final int CURIOUS = 200;

    private Entrance() {}

    /** Returns when all are in; throws if somebody was not let in. */
    static void letIn(List<Person> people, Site site) throws Exception {
        BlockingQueue<Person> waiting = new LinkedBlockingQueue<>(people);
        ExecutorService doors = Executors.newFixedThreadPool(DOORS);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < DOORS; i++) {
                all.add(doors.submit(() -> {
                    for (Person person = waiting.poll(); person != null; person = waiting.poll()) {
                        ask(site, new Site.Ask("POST", "/login/" + person.id(), "", person));
                        if (person.id() <= CURIOUS) {
                            ask(site, new Site.Ask("GET", "/timeline", "", person));
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        } finally {
            doors.shutdownNow();
        }
    }

    /** Nothing is broken yet, so a few attempts must do. */
    private static void ask(Site site, Site.Ask ask) throws Exception {
        for (int attempt = 1; ; attempt++) {
            Answer answer = site.send(ask);
            if (answer.isGood()) {
                return;
            }
            if (!PATIENCE.allowsAfter(attempt)) {
                throw new IllegalStateException(
                        "before the load: " + ask.method() + " " + ask.path() + " was answered " + answer);
            }
            LockSupport.parkNanos(
                    PATIENCE.delayAfter(attempt, Chance.perThread()).toNanos());
        }
    }
}
