package dev.tenfold;

import dev.tenfold.MovingShards.LaggingReplicas;
import dev.tenfold.MovingShards.Node;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/** A process's way to moving shards, whose primaries are replaced meanwhile and whose connections break at any moment. */
final class FaultyShards implements Locator<Integer, Replicas<Node>> {

    private final MovingShards.Process process;
    private final RandomGenerator random;
    private final SimulatedTime time;
    private final Duration unit;

    FaultyShards(MovingShards.Process process, RandomGenerator random, SimulatedTime time, Duration deadline) {
        this.process = process;
        this.random = random;
        this.time = time;
        this.unit = deadline.dividedBy(4);
    }

    /** Waits for a while, or as long as there is time. */
    private void await(Deadline deadline, String what) {
        Duration pause = unit.multipliedBy(random.nextInt(8));
        if (pause.compareTo(deadline.remaining()) >= 0) {
            time.advance(deadline.remaining());
            throw new DeadlineExceededException(what, deadline.budget(), null);
        }
        time.advance(pause);
    }

    private void maybeAwait(Deadline deadline, String what) {
        int fate = random.nextInt(10);
        if (fate == 0) {
            await(deadline, what);
        } else if (fate == 1) {
            throw new UnavailableException(what, List.of(), null);
        }
    }

    @Override
    public Replicas<Node> locate(Integer key) {
        return new Faulty(process.locate(key));
    }

    /** Hears of the new map, or not yet. */
    @Override
    public Replicas<Node> relocate(Integer key, StaleEpochException refused, Deadline deadline) {
        if (random.nextInt(3) == 0) {
            await(deadline, "the shard map to change");
        } else {
            process.refresh();
        }
        return locate(key);
    }

    @Override
    public Position topology() {
        return process.topology();
    }

    private final class Faulty implements Replicas<Node> {

        private final LaggingReplicas replicas;

        Faulty(LaggingReplicas replicas) {
            this.replicas = replicas;
        }

        @Override
        public String name() {
            return replicas.name();
        }

        @Override
        public <R, X extends Exception> Positioned<R> read(
                Position minimum, Deadline deadline, Call<? super Node, ? extends R, ? extends X> call) throws X {
            maybeAwait(deadline, "a node that has seen enough");
            return replicas.<R, X>read(minimum, deadline, call);
        }

        @Override
        public <R, X extends Exception> Positioned<R> write(
                Deadline deadline, Call<? super Node, ? extends R, ? extends X> call) throws X {
            maybeAwait(deadline, "a primary");
            int fate = random.nextInt(10);
            if (fate == 0) {
                throw new OutcomeUnknownException("the connection broke before the commit", null);
            }
            Positioned<R> written = replicas.<R, X>write(deadline, call);
            if (fate == 1) {
                throw new OutcomeUnknownException("the connection broke after the commit", null);
            }
            return written;
        }
    }
}
