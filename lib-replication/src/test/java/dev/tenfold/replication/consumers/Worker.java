package dev.tenfold.replication.consumers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.error.OutcomeUnknownException;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Writes and reads with one application until it is told to stop, and remembers what it was told. */
final class Worker extends Thread {

    /** A pool's patience and the router's, on a busy machine. */
    private static final Duration LONGEST = Duration.ofSeconds(20);

    private final Application application;
    private final CountDownLatch stop;
    private final long first;
    private final AtomicInteger rounds = new AtomicInteger();
    private final Set<Long> acknowledged = new HashSet<>();
    private final Set<Long> refused = new HashSet<>();
    private final Set<Long> unknown = new HashSet<>();
    private final List<String> readers = new ArrayList<>();
    private final List<Throwable> surprises = new CopyOnWriteArrayList<>();
    private long longestNanos;

    Worker(Application application, long first, CountDownLatch stop) {
        super(application.name());
        this.application = application;
        this.first = first;
        this.stop = stop;
    }

    @Override
    public void run() {
        for (long id = first; stop.getCount() > 0; id++) {
            long began = System.nanoTime();
            try {
                application.write(id);
                acknowledged.add(id);
            } catch (Exception failure) {
                file(failure, id);
            }
            try {
                readers.add(application.read(id));
                rounds.incrementAndGet();
            } catch (Exception failure) {
                file(failure, id);
            }
            longestNanos = Math.max(longestNanos, System.nanoTime() - began);
        }
    }

    private void file(Exception failure, long id) {
        if (caused(failure, OutcomeUnknownException.class) != null) {
            unknown.add(id);
        } else if (caused(failure, SQLTransientException.class) != null
                || caused(failure, SQLRecoverableException.class) != null) {
            if (!acknowledged.contains(id)) {
                refused.add(id);
            }
        } else {
            surprises.add(failure);
        }
    }

    private static <T extends Throwable> @Nullable Throwable caused(Throwable failure, Class<T> type) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (type.isInstance(each)) {
                return each;
            }
            if (each instanceof SQLException sql && type.isInstance(sql.getNextException())) {
                return each;
            }
        }
        return null;
    }

    Application application() {
        return application;
    }

    int rounds() {
        return rounds.get();
    }

    void awaitRounds(int goal) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (rounds.get() < goal && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(5_000_000);
        }
        assertThat(rounds.get())
                .as("%s goes on; surprises: %s", getName(), surprises)
                .isGreaterThanOrEqualTo(goal);
    }

    /** After the end: whether what it was told is what is there. */
    void verify(Set<Long> rows, String primary, String replica) {
        String name = getName();
        assertThat(unknown.size() + refused.size()).as("%s: failures", name).isLessThan(10);
        assertThat(surprises)
                .as("%s: neither retryable nor of unknown outcome", name)
                .isEmpty();
        assertThat(rows).as("%s: acknowledged", name).containsAll(acknowledged);
        refused.retainAll(rows);
        assertThat(refused).as("%s: refused, and yet there", name).isEmpty();
        assertThat(Duration.ofNanos(longestNanos))
                .as("%s: the longest round", name)
                .isLessThan(LONGEST);
        assertThat(readers).as("%s: who answered", name).isNotEmpty();
        if (!name.equals("Flyway")) {
            assertThat(readers.subList(0, 3)).as("%s: before", name).doesNotContain("a");
            assertThat(readers.get(readers.size() - 1)).as("%s: after", name).isIn(primary, replica);
        }
    }
}
