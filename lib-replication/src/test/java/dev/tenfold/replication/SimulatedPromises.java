package dev.tenfold.replication;

import dev.tenfold.replication.SimulatedServers.Entry;
import dev.tenfold.replication.SimulatedServers.Server;
import dev.tenfold.replication.SimulatedServers.View;
import dev.tenfold.session.Position;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What was promised to whom in one run, and whether it is kept: the checks of the {@link FailoverSimulation}. */
final class SimulatedPromises {

    private final FailoverSimulation run;
    private final Set<Integer> acknowledged = new LinkedHashSet<>();
    private final Map<Long, Server> acknowledgedBy = new HashMap<>();
    private final Map<Server, Long> lastPromoted = new HashMap<>();
    private final Map<Long, Server> promotedTo = new HashMap<>();
    /** Epochs to which two were promoted: only by engines that reserve none. */
    private final Set<Long> twice = new HashSet<>();

    int writes;
    int reads;
    int promotions;

    SimulatedPromises(FailoverSimulation run) {
        this.run = run;
    }

    boolean isAcknowledged(int id) {
        return acknowledged.contains(id);
    }

    void acknowledged(int id, Server server, long timeline) {
        writes++;
        acknowledged.add(id);
        Server other = acknowledgedBy.putIfAbsent(timeline, server);
        run.require(
                other == null || other == server,
                () -> "(1) " + server + " and " + other + " both acknowledge in epoch " + timeline);
        if (!run.isCalm() && lastPromoted.getOrDefault(server, -1L) != timeline && timeline > 1) {
            lastPromoted.put(server, timeline);
            requireAll(server);
        }
    }

    void requireAll(Server server) {
        Set<Integer> there = server.log.stream().map(Entry::id).collect(Collectors.toSet());
        Set<Integer> missing = new LinkedHashSet<>(acknowledged);
        missing.removeAll(there);
        run.require(missing.isEmpty(), () -> "(2) acknowledged writes " + missing + " are not on " + server);
    }

    void promoted(String process, Server server) {
        promotions++;
        run.note(() -> process + " promoted " + server);
        long timeline = server.timeline;
        Server other = promotedTo.putIfAbsent(timeline, server);
        if (other != null) {
            twice.add(timeline);
            run.count("epochs to which two were promoted");
            run.require(
                    run.mayPromoteTwice(),
                    () -> "(1) " + server + " and " + other + " were both promoted to epoch " + timeline);
        }
    }

    /** A session's read: it must show what the session wrote or saw, as far as that was acknowledged. */
    void read(Set<Integer> expected, View view, Position asked, SimulatedProcess process) {
        reads++;
        expected.removeAll(view.ids());
        if (!expected.isEmpty() && twice.contains(view.timeline())) {
            // The server of the two that acknowledges nothing, through a process that does not know the other yet.
            run.count("reads of one of two in an epoch that missed something");
            return;
        }
        run.require(
                expected.isEmpty(),
                () -> "(3) a session at " + asked + " did not see " + expected + " on " + run.server(view.node())
                        + " through " + process.name + ", which saw " + view.timeline() + ":" + view.size());
    }
}
