package dev.tenfold;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.Deadline;

/** Replicas with something to do before each read. */
abstract class ForwardingReplicas<N> implements Replicas<N> {

    private final Replicas<N> delegate;

    ForwardingReplicas(Replicas<N> delegate) {
        this.delegate = delegate;
    }

    abstract void beforeRead(Position minimum);

    @Override
    public String name() {
        return delegate.name();
    }

    @Override
    public <R, X extends Exception> Positioned<R> read(
            Position minimum, Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        beforeRead(minimum);
        return delegate.read(minimum, deadline, call);
    }

    @Override
    public <R, X extends Exception> Positioned<R> write(
            Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        return delegate.write(deadline, call);
    }
}
