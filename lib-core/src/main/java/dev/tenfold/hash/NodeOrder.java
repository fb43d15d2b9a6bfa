package dev.tenfold.hash;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What algorithms ask of a list of nodes. */
final class NodeOrder {

    private NodeOrder() {}

    static List<Node> distinct(List<Node> nodes) {
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("nodes: none (expected: at least one)");
        }
        Set<String> names = new HashSet<>();
        for (Node node : nodes) {
            if (!names.add(node.name())) {
                throw new IllegalArgumentException("nodes: " + node.name() + " twice (expected: distinct names)");
            }
        }
        return List.copyOf(nodes);
    }

    /** The indexes of the nodes by rising name, so that the order in which they were given does not matter. */
    static int[] byName(List<Node> nodes) {
        Integer[] byName = new Integer[nodes.size()];
        Arrays.setAll(byName, i -> i);
        Arrays.sort(byName, (a, b) -> nodes.get(a).name().compareTo(nodes.get(b).name()));
        return Arrays.stream(byName).mapToInt(Integer::intValue).toArray();
    }

    static long totalWeight(List<Node> nodes) {
        return nodes.stream().mapToLong(Node::weight).sum();
    }
}
