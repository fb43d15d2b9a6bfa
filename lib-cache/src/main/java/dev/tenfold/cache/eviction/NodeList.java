package dev.tenfold.cache.eviction;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A doubly linked list through the nodes themselves, from the coldest to the warmest. A node is in at most one. */
class NodeList<K, V> {

    @Nullable
    Node<K, V> coldest;

    @Nullable
    Node<K, V> warmest;

    final void add(Node<K, V> node) {
        Node<K, V> last = warmest;
        node.colder = last;
        if (last == null) {
            coldest = node;
        } else {
            last.warmer = node;
        }
        warmest = node;
        node.list = this;
    }

    final void remove(Node<K, V> node) {
        Node<K, V> colder = node.colder;
        Node<K, V> warmer = node.warmer;
        if (colder == null) {
            coldest = warmer;
        } else {
            colder.warmer = warmer;
        }
        if (warmer == null) {
            warmest = colder;
        } else {
            warmer.colder = colder;
        }
        node.colder = null;
        node.warmer = null;
        node.list = null;
    }

    final void moveToWarmest(Node<K, V> node) {
        if (node != warmest) {
            remove(node);
            add(node);
        }
    }

    final boolean isEmpty() {
        return coldest == null;
    }

    final void forEach(Consumer<? super Node<K, V>> action) {
        for (Node<K, V> node = coldest; node != null; node = node.warmer) {
            action.accept(node);
        }
    }
}
