package dev.tenfold.sharding.reshard;

import java.io.Serial;

/** Trying again will not help: the plan is given up. */
final class Unmovable extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    Unmovable(String why) {
        super(why);
    }
}
