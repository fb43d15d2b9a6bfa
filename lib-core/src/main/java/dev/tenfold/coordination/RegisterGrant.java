package dev.tenfold.coordination;

import static java.util.Objects.requireNonNull;

import dev.tenfold.coordination.Lease.Grant;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.time.TimeSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/**
 * The holder's side of the algorithm that {@link Leases} describes.
 *
 * <p><b>Invariant:</b> {@code term} is a version of the register that this grant wrote and a moment before it was sent; no
 * contender's timer for it began earlier. Once {@code over}, always over. <b>Writers:</b> {@code term} any thread that
 * renewed, to a higher version only; {@code over} whoever releases the grant or finds it lost. <b>Readers:</b> any thread,
 * without a lock. Renewals may overlap with each other and with the release: the register's compare-and-set orders them,
 * and the token says whose the register is, also after a write whose outcome was unknown.
 */
final class RegisterGrant implements Grant {

    /** A write of this grant loses only to another of the same grant, so more than a few in a row are a caller's mistake. */
    private static final int ATTEMPTS = 16;

    private final VersionedRegister<LeaseState> register;
    private final TimeSource time;
    private final long token;
    private final long nanos;
    private final AtomicReference<Term> term;
    private final AtomicBoolean over = new AtomicBoolean();

    RegisterGrant(VersionedRegister<LeaseState> register, TimeSource time, Versioned<LeaseState> taken, long asked) {
        this.register = register;
        this.time = time;
        this.token = taken.value().token();
        this.nanos = taken.value().duration().toNanos();
        this.term = new AtomicReference<>(new Term(taken, asked));
    }

    @Override
    public long token() {
        return token;
    }

    @Override
    public boolean isHeld() {
        return !over.get() && time.nanoTime() - term().asked < nanos;
    }

    @Override
    public boolean renew() {
        if (over.get()) {
            return false;
        }
        Optional<Term> next = write(LeaseState::renewed);
        if (next.isEmpty()) {
            over.set(true);
            return false;
        }
        term.accumulateAndGet(next.get(), Term::later);
        return !over.get();
    }

    @Override
    public void close() {
        if (over.compareAndSet(false, true)) {
            write(LeaseState::released);
        }
    }

    private Term term() {
        return requireNonNull(term.get());
    }

    /** Writes a change of this grant's own state; empty if the register is no longer this grant's. */
    private Optional<Term> write(UnaryOperator<LeaseState> change) {
        Versioned<LeaseState> from = term().written;
        for (int i = 0; i < ATTEMPTS; i++) {
            long asked = time.nanoTime();
            Optional<Versioned<LeaseState>> written =
                    register.compareAndSet(from.version(), change.apply(from.value()));
            if (written.isPresent()) {
                return Optional.of(new Term(written.get(), asked));
            }
            Optional<Versioned<LeaseState>> now = register.read();
            if (now.isEmpty()
                    || now.get().value().token() != token
                    || !now.get().value().held()) {
                return Optional.empty();
            }
            from = now.get();
        }
        throw new UnavailableException(
                "lease of " + from.value().holder() + " with token " + token,
                List.of(ATTEMPTS + " writes lost to other renewals of the same grant; renew it from one thread"),
                null);
    }

    @Override
    public String toString() {
        return "Grant[token=" + token + ", held=" + isHeld() + "]";
    }

    private record Term(Versioned<LeaseState> written, long asked) {
        Term later(Term other) {
            return other.written.version() > written.version() ? other : this;
        }
    }
}
