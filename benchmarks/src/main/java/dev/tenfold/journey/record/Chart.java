package dev.tenfold.journey.record;

/** What is drawn together, and where in the report. */
public enum Chart {
    /** How the balancer spreads requests. */
    REQUESTS_BY_SERVER(Section.SERVERS, "Requests by server", "requests/s"),
    /** How reads and writes fall to a primary and its replicas. */
    STATEMENTS_BY_DATABASE(Section.REPLICAS, "Statements by database", "statements/s"),
    /** How much of the log a replica has not replayed. */
    REPLICA_LAG(Section.REPLICAS, "Replicas behind the primary", "bytes"),
    /** What the caches of the servers had. */
    CACHE_LOOKUPS(Section.CACHES, "Lookups in the caches", "lookups/s"),
    /** How users fall to the edges. */
    REQUESTS_BY_EDGE(Section.CACHES, "Requests by edge", "requests/s"),
    /** Which tier answered. */
    PROFILE_SOURCES(Section.CACHES, "Where profiles came from", "profiles"),
    /** Who lives where. */
    PEOPLE_BY_SHARD(Section.SHARDS, "People by shard", "people"),
    /** How reads and writes fall to the shards. */
    STATEMENTS_BY_SHARD(Section.SHARDS, "Statements by shard", "statements/s"),
    /** What waits before and in a queue. */
    QUEUE_DEPTH(Section.QUEUES, "Messages in and before the queue", "messages"),
    /** What was delivered again, refused or given up, from the start of the load. */
    REDELIVERIES(Section.QUEUES, "Redeliveries, refusals and dead letters", "messages so far");

    /** A part of the report. */
    public enum Section {
        /** Balancers and servers. */
        SERVERS,
        /** Primaries and replicas. */
        REPLICAS,
        /** Caches and edges. */
        CACHES,
        /** Shards. */
        SHARDS,
        /** Queues. */
        QUEUES
    }

    private final Section section;
    private final String title;
    private final String unit;

    Chart(Section section, String title, String unit) {
        this.section = section;
        this.title = title;
        this.unit = unit;
    }

    /**
     * Returns where it is drawn.
     *
     * @return a section of the report
     */
    public Section section() {
        return section;
    }

    /**
     * Returns what stands above it.
     *
     * @return a few words
     */
    public String title() {
        return title;
    }

    /**
     * Returns what it counts.
     *
     * @return plural
     */
    public String unit() {
        return unit;
    }
}
