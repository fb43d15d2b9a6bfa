package dev.tenfold.queue.routing;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node of the trie of binding keys: the words on the way from the root are a binding key, and its targets are bound
 * with it. {@code *} and {@code #} have fields of their own, so that a routing key's word that looks like one of them is
 * an ordinary word.
 *
 * <p>Changed under the router's lock, read without one: every field that changes is volatile.
 */
final class TopicNode<T> {

    private static final String ONE_WORD = "*";
    private static final String ANY_WORDS = "#";

    private final @Nullable TopicNode<T> parent;
    private final String word;
    private volatile List<T> targets = List.of();
    private volatile @Nullable TopicNode<T> oneWord;
    private volatile @Nullable TopicNode<T> anyWords;
    private volatile @Nullable ConcurrentHashMap<String, TopicNode<T>> words;

    TopicNode() {
        this(null, "");
    }

    private TopicNode(@Nullable TopicNode<T> parent, String word) {
        this.parent = parent;
        this.word = word;
    }

    List<T> targets() {
        return targets;
    }

    void targets(List<T> targets) {
        this.targets = targets;
    }

    /** Returns where {@code *} leads. */
    @Nullable
    TopicNode<T> oneWord() {
        return oneWord;
    }

    /** Returns where {@code #} leads. */
    @Nullable
    TopicNode<T> anyWords() {
        return anyWords;
    }

    /** Returns where a word of a routing key leads, wildcards aside. */
    @Nullable
    TopicNode<T> plain(String next) {
        ConcurrentHashMap<String, TopicNode<T>> children = words;
        return children == null ? null : children.get(next);
    }

    /** Returns the node of a binding key below this one, or null. */
    @Nullable
    TopicNode<T> find(String bindingKey) {
        TopicNode<T> node = this;
        for (String next : split(bindingKey)) {
            node = node.child(next);
            if (node == null) {
                return null;
            }
        }
        return node;
    }

    /** Returns the node of a binding key below this one, making what is missing. */
    TopicNode<T> grow(String bindingKey) {
        TopicNode<T> node = this;
        for (String next : split(bindingKey)) {
            TopicNode<T> child = node.child(next);
            node = child == null ? node.add(next) : child;
        }
        return node;
    }

    /** Cuts this node off if it leads nowhere, then its parent, and so on. */
    void prune() {
        for (TopicNode<T> node = this; node.parent != null && node.isBare(); node = node.parent) {
            node.parent.remove(node.word);
        }
    }

    void forEachBinding(BiConsumer<String, T> action) {
        for (T target : targets) {
            action.accept(path(), target);
        }
        Stream<TopicNode<T>> wildcards = Stream.of(Optional.ofNullable(oneWord), Optional.ofNullable(anyWords))
                .flatMap(Optional::stream);
        ConcurrentHashMap<String, TopicNode<T>> children = words;
        Stream<TopicNode<T>> plain = children == null ? Stream.empty() : children.values().stream();
        Stream.concat(wildcards, plain).forEach(child -> child.forEachBinding(action));
    }

    /** The empty key has no words; {@code "a."} has two, the second empty. */
    private static List<String> split(String key) {
        return key.isEmpty() ? List.of() : List.of(key.split("\\.", -1));
    }

    private String path() {
        return parent == null || parent.parent == null ? word : parent.path() + "." + word;
    }

    private @Nullable TopicNode<T> child(String next) {
        return switch (next) {
            case ONE_WORD -> oneWord;
            case ANY_WORDS -> anyWords;
            default -> plain(next);
        };
    }

    private TopicNode<T> add(String next) {
        TopicNode<T> child = new TopicNode<>(this, next);
        switch (next) {
            case ONE_WORD -> oneWord = child;
            case ANY_WORDS -> anyWords = child;
            default -> {
                ConcurrentHashMap<String, TopicNode<T>> children = words;
                if (children == null) {
                    children = new ConcurrentHashMap<>(2);
                    words = children;
                }
                children.put(next, child);
            }
        }
        return child;
    }

    private void remove(String next) {
        switch (next) {
            case ONE_WORD -> oneWord = null;
            case ANY_WORDS -> anyWords = null;
            default -> {
                ConcurrentHashMap<String, TopicNode<T>> children = words;
                if (children != null) {
                    children.remove(next);
                    if (children.isEmpty()) {
                        words = null;
                    }
                }
            }
        }
    }

    private boolean isBare() {
        return targets.isEmpty() && oneWord == null && anyWords == null && words == null;
    }
}
