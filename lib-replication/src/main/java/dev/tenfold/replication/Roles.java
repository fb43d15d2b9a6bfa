package dev.tenfold.replication;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is what, as a pure function of what the nodes said last.
 *
 * @param roles of each node, in their order
 * @param primary the index of the primary among them, or -1
 * @param newest the newest timeline that any of them has ever shown
 * @param rivals the indexes of those that may be the primary: who answers and writes on the newest timeline, and the primary so
 *     far though it does not answer; more than one only after a promotion that somebody had not heard of
 */
record Roles(List<Role> roles, int primary, long newest, List<Integer> rivals) {

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
        List<Integer> rivals = new ArrayList<>();
        for (int i = 0; i < probes.size(); i++) {
            Probe probe = probes.get(i);
            if (probe != null && probe.writable() && probe.received().timeline() == newest) {
                claimants.add(i);
                if (answering.get(i) || (i == incumbent && newest == epoch)) {
                    rivals.add(i);
                }
            }
        }
        int primary = -1;
        if (newest == epoch && claimants.contains(incumbent)) {
            primary = incumbent; // never change sides by chance
        } else if (rivals.size() == 1) {
            primary = rivals.get(0);
        } else if (claimants.size() == 1) {
            primary = claimants.get(0);
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
        return new Roles(roles, primary, newest, rivals);
    }
}
