package dev.tenfold.queue.routing;

import java.util.List;
import java.util.function.BiConsumer;

/**
 * Routes by pattern, through a trie of words ({@link TopicNode}), a walk over it ({@link TopicWalk}) and a cache of
 * recurring keys ({@link RouteCache}).
 *
 * <h2>Concurrency</h2>
 *
 * One writer at a time, under the lock, changes the trie; the change becomes visible by a single write of one node's
 * targets. The version is odd from before that write until after it. A reader notes the version, walks, and reads the
 * version again:
 *
 * <ul>
 *   <li>Unchanged: what it found is the table at one instant, because at most one change ran meanwhile, and that one is
 *       visible as a whole or not at all.
 *   <li>Changed: it walks again, because it may have seen the second of two changes and missed the first. After a few
 *       rounds it takes the lock, so that a storm of bindings cannot hold up a publisher for ever.
 * </ul>
 *
 * <p>Only routes found at an even version are cached, and an odd version never answers from the cache; otherwise one reader
 * could see a change in the trie and a later one miss it in the cache.
 */
public final class TopicRouter<T> extends KeyRouter<T> {

    private static final int ROUNDS_WITHOUT_LOCK = 4;

    private final TopicNode<T> root = new TopicNode<>();
    private final RouteCache<T> cache = new RouteCache<>();

    /** Written under the lock; odd while a change becomes visible. */
    private volatile long version;

    @Override
    List<T> route(String routingKey) {
        for (int round = 0; round < ROUNDS_WITHOUT_LOCK; round++) {
            long before = version;
            boolean settled = (before & 1) == 0;
            List<T> known = settled ? cache.find(routingKey, before) : null;
            if (known != null) {
                return known;
            }
            List<T> found = TopicWalk.from(root, routingKey);
            if (version == before) {
                if (settled) {
                    cache.remember(routingKey, before, found);
                }
                return found;
            }
        }
        lock.lock();
        try {
            return TopicWalk.from(root, routingKey);
        } finally {
            lock.unlock();
        }
    }

    @Override
    boolean add(T target, String key) {
        TopicNode<T> node = root.grow(key);
        return publish(node, Lists.with(node.targets(), target));
    }

    @Override
    boolean remove(T target, String key) {
        TopicNode<T> node = root.find(key);
        boolean bound = node != null && publish(node, Lists.without(node.targets(), target));
        if (bound && node != null) {
            node.prune();
        }
        return bound;
    }

    /** Makes one change visible; false if it changes nothing. Called with the lock held. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer at a time
    private boolean publish(TopicNode<T> node, List<T> targets) {
        if (targets == node.targets()) {
            return false;
        }
        version++;
        node.targets(targets);
        version++;
        return true;
    }

    @Override
    void forEach(BiConsumer<String, T> action) {
        root.forEachBinding(action);
    }
}
