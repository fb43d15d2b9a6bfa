package dev.tenfold.journey.stage;

import java.util.List;

/** All stages, in the order of growth. */
public final class Stages {

    private Stages() {}

    /**
     * Returns what the journey leads to, for a visitor to look at: all that the stages added, in one system.
     *
     * @return a stage that promises nothing
     */
    public static Stage everything() {
        return new Everything();
    }

    /**
     * Lists the stages.
     *
     * @return by rising number
     */
    public static List<Stage> all() {
        return List.of(
                new OneServer(),
                new DatabaseApart(),
                new BalancedServers(),
                new PrimaryAndReplicas(),
                new CachedReads(),
                new Edges(),
                new TwoDataCentres(),
                new Notifications(),
                new Shards());
    }
}
