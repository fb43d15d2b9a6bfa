package dev.tenfold.queue.routing;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Every other router that is read without a lock while bindings change: each route is that of one instant. {@link
 * TopicRouterLincheckTest} has the one with a cache.
 */
final class RoutersLincheckTest {

    /** Two bindings of one target and one of another; the second of the same target tells whether a target stays. */
    public abstract static class Routed {

        private final Router<String> router;

        Routed(Router<String> router) {
            this.router = router;
        }

        abstract String key(int number);

        Map<String, Object> arguments(int number) {
            return Map.of();
        }

        @Operation
        public boolean bindOne() {
            return router.bind("one", key(1), arguments(1));
        }

        @Operation
        public boolean bindOther() {
            return router.bind("other", key(2), arguments(2));
        }

        @Operation
        public boolean unbindOne() {
            return router.unbind("one", key(1), arguments(1));
        }

        @Operation
        public boolean unbindOther() {
            return router.unbind("other", key(2), arguments(2));
        }

        /** Sorted, because the order of targets says nothing. */
        @Operation
        public String route() {
            List<String> targets = router.route("k", Map.of("h", 1, "g", 2));
            return new TreeSet<>(targets).toString();
        }
    }

    public static class Direct extends Routed {
        public Direct() {
            super(new DirectRouter<>());
        }

        @Override
        String key(int number) {
            return "k";
        }
    }

    public static class Fanout extends Routed {
        public Fanout() {
            super(new FanoutRouter<>());
        }

        @Override
        String key(int number) {
            return "";
        }
    }

    public static class Headers extends Routed {
        public Headers() {
            super(new HeadersRouter<>());
        }

        @Override
        String key(int number) {
            return "";
        }

        @Override
        Map<String, Object> arguments(int number) {
            return number == 1 ? Map.of("h", 1) : Map.of("g", 2);
        }
    }

    public static class Hash extends Routed {
        public Hash() {
            super(new HashRouter<>(null, name -> name));
        }

        @Override
        String key(int number) {
            return String.valueOf(number);
        }
    }

    private static void check(Class<? extends Routed> router) {
        new StressOptions()
                .iterations(5)
                .invocationsPerIteration(300)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(router);
    }

    @Test
    void directIsLinearizable() {
        check(Direct.class);
    }

    @Test
    void fanoutIsLinearizable() {
        check(Fanout.class);
    }

    @Test
    void headersIsLinearizable() {
        check(Headers.class);
    }

    @Test
    void hashIsLinearizable() {
        check(Hash.class);
    }
}
