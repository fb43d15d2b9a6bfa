package dev.tenfold.queue.routing;

import java.util.List;
import java.util.TreeSet;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** Routing without a lock while bindings change: the trie, its versions and the cache of routes together. */
public final class TopicRouterLincheckTest {

    private final TopicRouter<String> router = new TopicRouter<>();

    /** What is routed for the second time is remembered. */
    public TopicRouterLincheckTest() {
        var unused = router.route("a.b");
    }

    @Operation
    public boolean bindPattern() {
        return router.bind("one", "a.#");
    }

    @Operation
    public boolean bindKey() {
        return router.bind("two", "a.b");
    }

    @Operation
    public boolean unbindPattern() {
        return router.unbind("one", "a.#");
    }

    @Operation
    public boolean unbindKey() {
        return router.unbind("two", "a.b");
    }

    /** Sorted, because the order of targets says nothing. */
    @Operation
    public String route() {
        List<String> targets = router.route("a.b");
        return new TreeSet<>(targets).toString();
    }

    @Test
    void isLinearizable() {
        new StressOptions()
                .iterations(5)
                .invocationsPerIteration(300)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(TopicRouterLincheckTest.class);
    }
}
