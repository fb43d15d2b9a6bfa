package dev.tenfold.journey.stage;

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
