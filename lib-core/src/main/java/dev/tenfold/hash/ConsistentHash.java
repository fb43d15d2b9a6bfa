package dev.tenfold.hash;

import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/**
 * Says which of some named, weighted nodes owns a hash, and who is next where the owner is full, down, or not enough. For a
 * hash each algorithm has an order of preference over the nodes; the owner is the first in it.
 *
 * <p>A value is immutable, thread-safe and pure: two processes that know the same nodes agree. The name and the parameters
 * of an algorithm may be stored; what they stand for never changes. With a million keys:
 *
 * <table>
 * <caption>What each costs</caption>
 * <tr><th>algorithm</th><th>time</th><th>memory</th><th>fullest of 10 / 100 / 1,000</th><th>removal moves</th></tr>
 * <tr><td>{@link HashRing#of ring}</td><td>constant</td><td>16 to 24 bytes a point, 1,024 points a node</td>
 * <td>1.05 / 1.09 / 1.12</td><td>only what was the node's</td></tr>
 * <tr><td>{@link HashRing#ketama ketama}</td><td>constant</td><td>the same, 160 points a node</td>
 * <td>1.10 / 1.22 / 1.37</td><td>the same with equal weights, else a little more</td></tr>
 * <tr><td>{@link #rendezvous rendezvous}</td><td>linear in the nodes</td><td>8 bytes a node</td>
 * <td>1.01 / 1.03 / 1.1</td><td>only what was the node's, evenly to all</td></tr>
 * <tr><td>{@link #maglev maglev}</td><td>constant, one read</td><td>4 bytes an entry</td>
 * <td>1.01 / 1.03 / 1.1</td><td>the node's, and as much again or more</td></tr>
 * <tr><td>{@link #of buckets}</td><td>as {@link BucketHash}</td><td>4 bytes a unit of weight</td>
 * <td>1.01 / 1.03 / 1.1</td><td>as {@link BucketHash}</td></tr>
 * </table>
 *
 * <p>The ring's and ketama's figures are means over names; with unlucky ones the fullest of 2 to 30 nodes may hold 1.15 with
 * 1,024 points and 1.35 with ketama's 160, the others' 1.07. That names are short, or differ in one digit, makes no
 * difference.
 */
public interface ConsistentHash {

    /**
     * Returns the algorithm's name with its version.
     *
     * @return such as {@code "ring_v1"}: {@code a-z 0-9 _}
     */
    String name();

    /**
     * Returns what owners depend on besides the nodes.
     *
     * @return such as {@code "points=1024"}, of the characters {@code a-z 0-9 _ = ,}; empty where there is nothing
     */
    String parameters();

    /**
     * Returns who shares the hashes.
     *
     * @return the nodes, in the order given
     */
    List<Node> nodes();

    /**
     * Finds the owner of a hash.
     *
     * @param hash well mixed, as from a {@link KeyHash}
     * @return the owner's index in {@link #nodes()}
     */
    int owner(long hash);

    /**
     * Finds the first node that is acceptable, in the order of preference of a hash: so a node that comes to be refused
     * hands its hashes to others, and nothing moves between these. Allocates only when the owner is refused.
     *
     * @param hash well mixed, as from a {@link KeyHash}
     * @param accepts says whether a node will do, by its index in {@link #nodes()}; must answer the same for the same node
     *     until this returns
     * @return the index of the first that will do, -1 if none will
     */
    int owner(long hash, IntPredicate accepts);

    /**
     * Finds the first nodes in the order of preference of a hash.
     *
     * @param hash well mixed, as from a {@link KeyHash}
     * @param count how many, >= 1
     * @return distinct indexes in {@link #nodes()}, the owner first; all nodes if there are fewer than {@code count}
     * @throws IllegalArgumentException if {@code count} is below 1
     */
    default int[] owners(long hash, int count) {
        return owners(owner(hash), hash, count, node -> node);
    }

    /**
     * Finds nodes for the replicas of what has a hash, in as many zones as possible: each next node is the first in the
     * order of preference whose zone holds fewest of those found before.
     *
     * @param first the node of the first replica, an index in {@link #nodes()}; mostly {@link #owner(long)}
     * @param hash well mixed, as from a {@link KeyHash}
     * @param count how many, >= 1
     * @param zoneOf the zone of each node, by its index; compared by {@code equals}
     * @return distinct indexes in {@link #nodes()}, in distinct zones as long as there are such; all nodes if there are
     *     fewer than {@code count}
     * @throws IllegalArgumentException if {@code count} is below 1
     */
    default int[] owners(int first, long hash, int count, IntFunction<?> zoneOf) {
        return ReplicaNodes.choose(this, first, hash, count, zoneOf);
    }

    /**
     * Builds rendezvous hashing, also called highest random weight (D. Thaler, C. Ravishankar, "Using Name-Based Mappings
     * to Increase Hit Rates", 1998), with weights by the logarithm method: the owner has the highest &minus;weight / ln(u),
     * where u is a random number of node and hash.
     *
     * <p>Balanced as well as chance allows, weights are kept exactly, any change of nodes or weights moves the minimum, and
     * there is nothing to precompute. But each lookup asks all nodes: about 1 ns each with equal weights, 20 with
     * different ones. For few nodes, or for what is computed once, such as replicas and slots.
     *
     * @param nodes who shares the hashes, at least one, with distinct names
     * @return {@code rendezvous_v1}
     * @throws IllegalArgumentException if there is no node, or a name repeats
     */
    static ConsistentHash rendezvous(List<Node> nodes) {
        return new Rendezvous(NodeOrder.distinct(nodes));
    }

    /**
     * Builds a Maglev table (D. Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016):
     * each node in turn takes its next entry of a table, a node of half the weight every other turn. The table is the same
     * as Envoy's for the same names, XXH64 giving the permutations.
     *
     * <p>The fastest lookup. Removing a node moves its hashes and about as many of others, the more the fuller the table is
     * of nodes: 0.7 instead of 0.1 % with 1,000 nodes in 65,537 entries. The size is part of the parameters, since with
     * another size nearly everything moves: choose it once, at 100 times the nodes to come.
     *
     * @param nodes who shares the hashes, at least one, with distinct names
     * @param size how many entries: a prime, from the number of nodes to 5,000,011; mostly 65,537
     * @return {@code maglev_v1}
     * @throws IllegalArgumentException if there is no node, a name repeats, or the size is not such a prime
     */
    static ConsistentHash maglev(List<Node> nodes, int size) {
        return Maglev.of(NodeOrder.distinct(nodes), size);
    }

    /**
     * Gives numbered buckets to nodes: in their order each takes as many as its weight, removed buckets left out. So the
     * order of the nodes is part of what two processes must agree on: with {@link BucketHash#jumpBack} add nodes at the end;
     * to remove one elsewhere, remove its buckets from the buckets as well.
     *
     * @param buckets as many that are not removed as all weights together
     * @param nodes who shares the hashes, at least one, with distinct names
     * @return the name of the buckets
     * @throws IllegalArgumentException if there is no node, a name repeats, or the buckets are too few or too many
     */
    static ConsistentHash of(BucketHash buckets, List<Node> nodes) {
        return new NodeBuckets(buckets, NodeOrder.distinct(nodes));
    }
}
