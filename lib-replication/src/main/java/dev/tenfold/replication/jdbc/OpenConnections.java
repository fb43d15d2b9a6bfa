package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.Route;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The physical connections in use, so that those to a primary that was replaced can be aborted. It holds as many as the
 * nodes' data sources have given out and not got back, in lists threaded through the entries themselves: adding and
 * removing allocate nothing.
 *
 * <p><b>Order:</b> an entry is added before it looks whether its route is still current, and a switch is published before
 * the lists are looked through; so one of the two sees the other. <b>Invariant:</b> an entry's connection and route do not
 * change while it is in a list. <b>Writers:</b> whoever holds the lock of the entry's stripe. Whoever {@link #remove}s an
 * entry, and nobody else, gives its connection back.
 */
final class OpenConnections {

    private static final int STRIPES = 16;

    private final Stripe[] stripes = new Stripe[STRIPES];

    private OpenConnections() {
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe();
        }
    }

    /** A physical connection in use. */
    abstract static class Entry {
        private @Nullable Entry previous;
        private @Nullable Entry next;
        private byte stripe = -1;

        /** The connection, or null where there is none now; any thread. */
        abstract @Nullable Connection connection();

        /** The node it was taken from, while in a list. */
        abstract @Nullable Route<DataSource> route();

        final boolean isOutdated(long epoch) {
            Route<DataSource> taken = route();
            return taken != null && taken.role() == Role.PRIMARY && taken.epoch() < epoch;
        }
    }

    private static final class Stripe {
        final ReentrantLock lock = new ReentrantLock();

        @Nullable
        Entry first;
    }

    /**
     * Makes an empty collection that hears of switches for as long as somebody uses it: the set knows it weakly only, so
     * that one data source made per request would not add up.
     */
    static OpenConnections watching(ReplicaSet<DataSource> set) {
        OpenConnections open = new OpenConnections();
        WeakReference<OpenConnections> weak = new WeakReference<>(open);
        AtomicReference<@Nullable Watch> watch = new AtomicReference<>();
        watch.set(set.watch(topology -> {
            OpenConnections used = weak.get();
            if (used != null) {
                used.abortBefore(topology.epoch());
                return;
            }
            Watch useless = watch.get();
            if (useless != null) {
                useless.close();
            }
        }));
        return open;
    }

    void add(Entry entry) {
        int at = (int) (Thread.currentThread().getId() & (STRIPES - 1));
        Stripe stripe = stripes[at];
        stripe.lock.lock();
        try {
            entry.stripe = (byte) at;
            entry.next = stripe.first;
            if (stripe.first != null) {
                stripe.first.previous = entry;
            }
            stripe.first = entry;
        } finally {
            stripe.lock.unlock();
        }
    }

    /**
     * Takes an entry out.
     *
     * @return whether it was in; of several threads that try, one is told so
     */
    boolean remove(Entry entry) {
        int at = entry.stripe;
        if (at < 0) {
            return false;
        }
        Stripe stripe = stripes[at];
        stripe.lock.lock();
        try {
            if (entry.stripe < 0) {
                return false;
            }
            Entry previous = entry.previous;
            Entry next = entry.next;
            if (previous == null) {
                stripe.first = next;
            } else {
                previous.next = next;
            }
            if (next != null) {
                next.previous = previous;
            }
            entry.previous = null;
            entry.next = null;
            entry.stripe = -1;
            return true;
        } finally {
            stripe.lock.unlock();
        }
    }

    int size() {
        int size = 0;
        for (Stripe stripe : stripes) {
            stripe.lock.lock();
            try {
                for (Entry each = stripe.first; each != null; each = each.next) {
                    size++;
                }
            } finally {
                stripe.lock.unlock();
            }
        }
        return size;
    }

    private void abortBefore(long epoch) {
        List<Connection> outdated = new ArrayList<>();
        for (Stripe stripe : stripes) {
            stripe.lock.lock();
            try {
                for (Entry each = stripe.first; each != null; each = each.next) {
                    Connection connection = each.connection();
                    if (connection != null && each.isOutdated(epoch)) {
                        outdated.add(connection);
                    }
                }
            } finally {
                stripe.lock.unlock();
            }
        }
        outdated.forEach(OpenConnections::abort);
    }

    /** Ends a connection without talking to its server, which may hang; whoever waits on it gets an exception. */
    static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException broken) {
            return; // nothing is left to end
        }
    }
}
