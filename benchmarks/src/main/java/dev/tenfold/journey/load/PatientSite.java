package dev.tenfold.journey.load;

import dev.tenfold.journey.app.Answer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Chance;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * A browser that asks again when the application says that it cannot answer now, or does not know whether it wrote. It may,
 * because every write of this application carries its own name or version: the second time changes nothing. Thread-safe.
 */
public final class PatientSite implements Site {

    private static final Set<Integer> PASSING = Set.of(Answer.UNAVAILABLE, Answer.OUTCOME_UNKNOWN);

    private final Site site;
    private final Backoff backoff;
    private final RandomGenerator random;
    private final LongAdder repeated = new LongAdder();

    /**
     * Makes a patient browser.
     *
     * @param site whom to ask
     * @param backoff how often, and with which pauses
     */
    public PatientSite(Site site, Backoff backoff) {
        this.site = site;
        this.backoff = backoff;
        this.random = Chance.perThread();
    }

    /**
     * Returns how often it asked again.
     *
     * @return attempts beyond the first
     */
    public long repeated() {
        return repeated.sum();
    }

    @Override
    public Answer send(Ask request) throws Exception {
        for (int attempt = 1; ; attempt++) {
            boolean last = !backoff.allowsAfter(attempt);
            try {
                Answer answer = site.send(request);
                if (last || !PASSING.contains(answer.status())) {
                    return answer;
                }
            } catch (Exception noAnswer) {
                if (last || noAnswer instanceof InterruptedException) {
                    throw noAnswer;
                }
            }
            repeated.increment();
            LockSupport.parkNanos(backoff.delayAfter(attempt, random).toNanos());
        }
    }
}
