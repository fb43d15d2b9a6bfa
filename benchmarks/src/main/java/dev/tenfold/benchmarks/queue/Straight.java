package dev.tenfold.benchmarks.queue;

/** No contender: the thread that sends handles. What it takes is what measuring takes, and no other can be faster. */
final class Straight implements Contender {

    @Override
    public String name() {
        return "(nothing between)";
    }

    @Override
    public String path() {
        return "handled by the thread that sends: what the measurement itself takes";
    }

    @Override
    public boolean isBounded() {
        return true;
    }

    @Override
    public Session open(Shape shape, Receipts receipts) {
        return new Session() {
            @Override
            public Sender sender() {
                return receipts::handled;
            }

            @Override
            public void close() {}
        };
    }
}
