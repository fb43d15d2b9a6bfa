package dev.tenfold.journey.stage;

import dev.tenfold.journey.load.Browser;
import java.time.Duration;
import java.util.List;

/** All stages, in the order of growth. */
public final class Stages {

    private Stages() {}

    /**
     * Lists the stages.
     *
     * @return by rising number
     */
    public static List<Stage> all() {
        return List.of(new OneServer(), new DatabaseApart());
    }

    /** The users' patience with one server. */
    static Browser browser() {
        return new Browser(Duration.ofSeconds(1), Duration.ofSeconds(5));
    }
}
