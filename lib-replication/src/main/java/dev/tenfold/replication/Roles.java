package dev.tenfold.replication;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is what, as a pure function of what the nodes said last.
 *
 * @param roles of each node, in their order
 * @param primary the index of the primary among them, or -1
 */
record Roles(List<Role> roles, int primary) {

    /**
     * Decides the roles. The newest timeline that any node has ever shown decides: only who writes on it may be the
     * primary, so a primary that was replaced is told from its successor even while the successor is silent.
     *
     * @param probes the last answer of each node, or null
     * @param answering whether each node answers now
     * @param epoch the newest epoch known so far
     * @param incumbent the index of the primary so far, or -1
     */
    static Roles of(List<@Nullable Probe> probes, List<Boolean> answering, long epoch, int incumbent) {
        long newest = epoch;
        for (Probe probe : probes) {
            if (probe != null) {
                newest = Math.max(newest, probe.received().timeline());
            }
        }
        List<Integer> claimants = new ArrayList<>();
        for (int i = 0; i < probes.size(); i++) {
            Probe probe = probes.get(i);
            if (probe != null && probe.writable() && probe.received().timeline() == newest) {
                claimants.add(i);
            }
        }
        if (claimants.size() > 1) {
            // One was promoted and gone before anybody heard of it, so that another was promoted to the same timeline:
            // the
            // one that is gone has acknowledged nothing on it.
            List<Integer> present = claimants.stream().filter(answering::get).toList();
            claimants = present.isEmpty() ? claimants : present;
        }
        int primary = -1;
        if (claimants.size() == 1) {
            primary = claimants.get(0);
        } else if (newest == epoch && claimants.contains(incumbent)) {
            // Two on one timeline: a promotion outside of this library's rules. Never change sides by chance.
            primary = incumbent;
        }
        List<Role> roles = new ArrayList<>();
        for (int i = 0; i < probes.size(); i++) {
            Probe probe = probes.get(i);
            if (probe == null) {
                roles.add(Role.UNKNOWN);
            } else if (i == primary) {
                roles.add(Role.PRIMARY);
            } else {
                roles.add(!probe.writable() ? Role.REPLICA : answering.get(i) ? Role.ZOMBIE : Role.UNKNOWN);
            }
        }
        return new Roles(roles, primary);
    }
}
