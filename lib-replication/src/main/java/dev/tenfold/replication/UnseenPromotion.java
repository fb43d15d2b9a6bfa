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
 *   <li>Every other node answers, and none is on a newer timeline: then nobody was promoted.
 *   <li>A quorum streams from the primary: since a promotion freezes all but {@code k - 1} replicas, there was none.
 * </ul>
 */
final class UnseenPromotion {

    private UnseenPromotion() {}

    /**
     * Asks the nodes, under the lease of the failover.
     *
     * @param primary the index of the primary that this process knows
     * @param quorum how many replicas acknowledge a write; 0 where nothing was ever promised
     */
    static <N> boolean isPossible(
            ReplicationEngine<N> engine, List<NodeState<N>> nodes, long epoch, int primary, int quorum) {
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
                if (probe.received().timeline() > epoch) {
                    return true;
                }
                if (probe.streaming() && probe.received().timeline() == epoch) {
                    streaming++;
                }
            } catch (Exception unreachable) {
                silent++;
            }
        }
        return silent > 0 && streaming < quorum;
    }
}
