package dev.tenfold.benchmarks;

import com.google.common.eventbus.Subscribe;
import java.util.concurrent.Executor;

/**
 * A message: an order from one of ten regions. Each region has a class of its own, since Guava's event bus routes by class.
 * To handle it is to run it, which tells its publisher that it arrived.
 */
abstract class Order implements Runnable {

    static final int REGIONS = 10;

    private final Arrivals arrivals;

    private Order(Arrivals arrivals) {
        this.arrivals = arrivals;
    }

    static Order of(int region, Arrivals arrivals) {
        return switch (region) {
            case 0 -> new Order0(arrivals);
            case 1 -> new Order1(arrivals);
            case 2 -> new Order2(arrivals);
            case 3 -> new Order3(arrivals);
            case 4 -> new Order4(arrivals);
            case 5 -> new Order5(arrivals);
            case 6 -> new Order6(arrivals);
            case 7 -> new Order7(arrivals);
            case 8 -> new Order8(arrivals);
            default -> new Order9(arrivals);
        };
    }

    @Override
    public void run() {
        arrivals.arrive();
    }

    /** Handles the orders of every region, each by a subscriber of its own. */
    static final class Subscribers {

        private final Executor executor;

        Subscribers(Executor executor) {
            this.executor = executor;
        }

        /** Region 0. */
        @Subscribe
        public void on0(Order0 order) {
            executor.execute(order);
        }

        /** Region 1. */
        @Subscribe
        public void on1(Order1 order) {
            executor.execute(order);
        }

        /** Region 2. */
        @Subscribe
        public void on2(Order2 order) {
            executor.execute(order);
        }

        /** Region 3. */
        @Subscribe
        public void on3(Order3 order) {
            executor.execute(order);
        }

        /** Region 4. */
        @Subscribe
        public void on4(Order4 order) {
            executor.execute(order);
        }

        /** Region 5. */
        @Subscribe
        public void on5(Order5 order) {
            executor.execute(order);
        }

        /** Region 6. */
        @Subscribe
        public void on6(Order6 order) {
            executor.execute(order);
        }

        /** Region 7. */
        @Subscribe
        public void on7(Order7 order) {
            executor.execute(order);
        }

        /** Region 8. */
        @Subscribe
        public void on8(Order8 order) {
            executor.execute(order);
        }

        /** Region 9. */
        @Subscribe
        public void on9(Order9 order) {
            executor.execute(order);
        }
    }

    private static final class Order0 extends Order {
        Order0(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order1 extends Order {
        Order1(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order2 extends Order {
        Order2(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order3 extends Order {
        Order3(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order4 extends Order {
        Order4(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order5 extends Order {
        Order5(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order6 extends Order {
        Order6(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order7 extends Order {
        Order7(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order8 extends Order {
        Order8(Arrivals arrivals) {
            super(arrivals);
        }
    }

    private static final class Order9 extends Order {
        Order9(Arrivals arrivals) {
            super(arrivals);
        }
    }
}
