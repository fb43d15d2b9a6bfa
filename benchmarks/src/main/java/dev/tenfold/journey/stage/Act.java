package dev.tenfold.journey.stage;

/** Something an operator, or bad luck, does. */
@FunctionalInterface
public interface Act {

    /**
     * Does it.
     *
     * @throws Exception if it cannot be done, which fails the stage
     */
    void run() throws Exception;
}
