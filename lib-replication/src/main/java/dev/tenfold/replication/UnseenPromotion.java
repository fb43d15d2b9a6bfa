package dev.tenfold.replication;

import java.util.List;

/**
 * Whether a node may have been promoted without this process knowing, so that letting a replica follow the primary it knows
 * would let that one, replaced long ago, acknowledge writes again.
 *
 * <p>It happens like this: a driver freezes {@code c}, promotes {@code a}, and {@code a} is gone before anybody has anything of
 * its timeline. The old primary {@code b} comes back. To a process that knows nothing of {@code a}'s promotion, {@code c} looks
 * adrift and {@code b} like the primary. If {@code c} follows it, {@code b} has its quorum and acknowledges; and once {@code a},
 * on the newer timeline, is back, those writes are lost. The frozen replicas are what keeps {@code b} from it, so they stay
 * frozen until one of these is known:
 *
 * <ul>
 *   <li>Every other node answers, and none is on a newer timeline, or takes writes on the same: then nobody was promoted.
 *   <li>A quorum streams from the primary: since a promotion freezes all but {@code k - 1} replicas, there was none.
 * </ul>
 *
 * <p>Nor may one be promoted from now on by a driver that has stood still since it compared: so whoever is about to let one
 * replica follow takes control of all that do not stream, under the lease's token. One of them is what that driver would
 * promote.
 */
final class UnseenPromotion {

    private UnseenPromotion() {}

    /** What is done to a node that does not stream. */
    @FunctionalInterface
    interface Taking<N> {
        void control(NodeState<N> node) throws Exception;
    }

    /**
     * Asks the nodes, under the lease of the failover.
     *
     * @param primary the index of the primary that this process knows
     * @param quorum how many replicas acknowledge a write; 0 where nothing was ever promised
     * @param taking takes control of a replica that does not stream; one that does not let itself be taken counts as silent
     */
    static <N> boolean isPossible(
            ReplicationEngine<N> engine,
            List<NodeState<N>> nodes,
            long epoch,
            int primary,
            int quorum,
            Taking<N> taking) {
        if (quorum == 0) {
            return false;
        }
        int streaming = 0;
        int silent = 0;
        for (NodeState<N> node : nodes) {
            if (node.index() == primary) {
                continue;
            }
            try {
                Probe probe = engine.probe(node.endpoint());
                boolean rival = probe.writable() && probe.received().timeline() == epoch;
                if (rival || probe.received().timeline() > epoch) {
                    return true;
                }
                if (probe.streaming() && probe.received().timeline() == epoch) {
                    streaming++;
                } else if (!probe.writable()) {
                    taking.control(node);
                }
            } catch (Exception unreachable) {
                silent++;
            }
        }
        return silent > 0 && streaming < quorum;
    }
}
