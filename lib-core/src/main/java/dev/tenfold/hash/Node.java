package dev.tenfold.hash;

/**
 * One of those who share the keys, as consistent hashing sees it: a shard, a cache, a server.
 *
 * @param name decides where its keys are, so it names the member and not its address of the day; 1 or more characters
 * @param weight the share relative to the other nodes, 1 to {@value #MAX_WEIGHT}
 */
public record Node(String name, int weight) {

    /** The greatest weight. */
    public static final int MAX_WEIGHT = 1_000_000;

    /**
     * Checks both values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Node {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("name: '' (expected: a non-empty name)");
        }
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException(
                    "weight of node '" + name + "': " + weight + " (expected: 1 to " + MAX_WEIGHT + ")");
        }
    }

    /**
     * Makes a node of weight 1.
     *
     * @param name decides where its keys are
     * @return a node
     */
    public static Node of(String name) {
        return new Node(name, 1);
    }

    @Override
    public String toString() {
        return weight == 1 ? name : name + "(weight " + weight + ")";
    }
}
