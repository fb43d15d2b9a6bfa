package dev.tenfold.sharding.id;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.sharding.id.NodeClaims.Claim;
import java.time.Duration;
import java.util.List;

/**
 * Claims node numbers in a shared register.
 *
 * <p><b>Why no two processes make one id:</b> a claim is written by compare-and-set and says up to which time its ids go. A
 * node is claimed anew from where the claim before it ended, so the times of a node's claims never overlap, whatever the
 * clocks say and whoever was taken for dead. Clocks only decide when a node is taken for free.
 */
record NodeKeeper(VersionedRegister<NodeClaims> register, IdLayout layout, String holder, Duration window) {

    /** Each lost race means that another process got on, so many in a row mean that something is wrong. */
    private static final int ATTEMPTS = 1_000;

    HeldNode claim(long nowMillis) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Versioned<NodeClaims> current = read();
            NodeClaims claims = current.value();
            int node = claims.free(nowMillis);
            if (node < 0) {
                throw new OverloadedException("all " + layout.nodes() + " node numbers are taken (expected: at most as"
                        + " many processes as " + layout.nodeBits() + " bits can name; one that ended is free after "
                        + window + ")");
            }
            Claim before = claims.claims().get(node);
            long from = before == null ? 0 : before.untilMillis();
            Claim mine = new Claim(claims.granted() + 1, Math.max(from, nowMillis) + window.toMillis(), holder);
            try {
                if (register.compareAndSet(current.version(), claims.with(node, mine))
                        .isPresent()) {
                    return new HeldNode(node, mine.number(), from, mine.untilMillis());
                }
            } catch (OutcomeUnknownException unknown) {
                // If it was written, nobody uses that claim, and it ends by itself. Another is asked for.
                if (attempt == ATTEMPTS - 1) {
                    throw unknown;
                }
            }
        }
        throw busy();
    }

    /** Prolongs a claim; where it was lost, makes another. */
    HeldNode renew(HeldNode held, long nowMillis) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Versioned<NodeClaims> current = read();
            Claim mine = current.value().claims().get(held.node());
            if (mine == null || mine.number() != held.number()) {
                return claim(nowMillis);
            }
            long until = Math.max(mine.untilMillis(), nowMillis + window.toMillis());
            if (put(current, held.node(), new Claim(mine.number(), until, holder))) {
                return new HeldNode(held.node(), held.number(), held.from(), until);
            }
        }
        throw busy();
    }

    /** Lets others have the node from a time on. */
    void release(HeldNode held, long fromMillis) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Versioned<NodeClaims> current = read();
            Claim mine = current.value().claims().get(held.node());
            if (mine == null
                    || mine.number() != held.number()
                    || mine.untilMillis() <= fromMillis
                    || put(current, held.node(), new Claim(mine.number(), fromMillis, holder))) {
                return;
            }
        }
        throw busy();
    }

    private boolean put(Versioned<NodeClaims> current, int node, Claim claim) {
        return register.compareAndSet(current.version(), current.value().with(node, claim))
                .isPresent();
    }

    private Versioned<NodeClaims> read() {
        Versioned<NodeClaims> current = register.read().orElseGet(() -> new Versioned<>(0, NodeClaims.none(layout)));
        if (!current.value().layout().equals(layout)) {
            throw new IllegalStateException("layout of the shared ids: "
                    + current.value().layout() + " (expected: " + layout + ", as this generator was built)");
        }
        return current;
    }

    private static UnavailableException busy() {
        return new UnavailableException(
                "the node claims changed " + ATTEMPTS + " times while one was to be made", List.of(), null);
    }
}
