package dev.tenfold.journey.stage;

import java.util.Set;

/** One step of growth. A stage builds what it is about, lets users in, breaks something, and says what came of it. */
public interface Stage {

    /**
     * Returns its place in the journey.
     *
     * @return 1 to 9
     */
    int number();

    /**
     * Returns its name.
     *
     * @return a few words
     */
    String title();

    /**
     * Returns what it is there for.
     *
     * @return one or two sentences
     */
    String story();

    /**
     * Returns what it promises its users.
     *
     * @return checked after the run, and the run fails if one does not hold
     */
    Set<Promise> promises();

    /**
     * Goes through the stage.
     *
     * @param run starts what the stage needs, and is told what to do while the load runs
     * @throws Exception if something could not be started
     */
    void play(StageRun run) throws Exception;
}
