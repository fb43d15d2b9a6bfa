package dev.tenfold.replication;

import dev.tenfold.error.TenfoldException;
import dev.tenfold.replication.FailoverSimulation.Scenario;
import dev.tenfold.replication.SimulatedServers.Server;
import dev.tenfold.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** What goes wrong in a {@link FailoverSimulation}, and the switchovers that somebody asks for meanwhile. */
final class SimulatedFaults {

    private static final long MILLI = SimulatedServers.MILLI;

    private final FailoverSimulation run;
    private final SimulatedServers servers;
    private final Random random;
    private final Scenario scenario;

    SimulatedFaults(FailoverSimulation run, SimulatedServers servers, Random random, Scenario scenario) {
        this.run = run;
        this.servers = servers;
        this.random = random;
        this.scenario = scenario;
    }

    /** One of them. */
    void happen() {
        if (scenario == Scenario.SWITCHOVERS && random.nextInt(2) == 0) {
            if (random.nextInt(3) == 0) {
                // Until whatever held the lease is over.
                servers.world.run(35_000 * MILLI);
            }
            switchOver();
            return;
        }
        if (scenario == Scenario.LATE && random.nextInt(2) == 0) {
            loseThePrimary();
            return;
        }
        boolean restarts = scenario == Scenario.RESTARTS || scenario == Scenario.UNRESERVED;
        if (restarts && random.nextInt(4) == 0) {
            List.copyOf(run.processes()).forEach(this::die);
            return;
        }
        mishap();
    }

    private void mishap() {
        Server server = any();
        switch (random.nextInt(13)) {
            case 0, 1 -> crash(server, 500 + random.nextInt(8_000));
            case 2 -> primaries().forEach(each -> crash(each, 500 + random.nextInt(8_000)));
            case 3, 4 -> hang(random.nextBoolean() ? server : primary(server));
            case 5, 6, 7 -> cut();
            case 8 -> {
                run.count("replicas that stopped replaying");
                run.note(() -> server.id + " stops replaying");
                server.replayPausedUntil = servers.world.now() + random.nextInt(4_000) * MILLI;
            }
            case 9, 10 -> {
                SimulatedProcess process = anyProcess();
                long length = random.nextInt(4) == 0 ? random.nextInt(50_000) : random.nextInt(3_000);
                run.count("processes that stood still");
                run.note(() -> process.name + " stands still for " + length + " ms");
                process.clock.pause(length * MILLI);
            }
            case 11 -> die(anyProcess());
            default -> switchOver();
        }
    }

    private Server any() {
        return List.copyOf(servers.servers.values()).get(random.nextInt(servers.servers.size()));
    }

    private SimulatedProcess anyProcess() {
        return run.processes().get(random.nextInt(run.processes().size()));
    }

    private List<Server> primaries() {
        return servers.servers.values().stream().filter(each -> each.writable).toList();
    }

    private Server primary(Server otherwise) {
        List<Server> primaries = primaries();
        return primaries.isEmpty() ? otherwise : primaries.get(0);
    }

    private void loseThePrimary() {
        Server primary = primary(any());
        if (random.nextBoolean()) {
            crash(primary, 500 + random.nextInt(30_000));
        } else {
            hang(primary);
        }
    }

    private void die(SimulatedProcess process) {
        run.count("processes that died");
        run.note(() -> process.name + " dies");
        process.clock.die();
        servers.servers.values().forEach(each -> each.sessionsEnd(process));
        run.replace(process);
    }

    private void crash(Server server, int millis) {
        if (!server.up) {
            return;
        }
        run.count("crashes");
        run.note(() -> server.id + " crashes");
        server.crash();
        int incarnation = server.incarnation;
        servers.world.step(millis * MILLI, () -> {
            if (!server.up && server.incarnation == incarnation) {
                run.note(() -> server.id + " comes back");
                server.started();
            }
        });
    }

    private void hang(Server server) {
        long length = 100 + random.nextInt(6_000);
        run.count("hangs");
        run.note(() -> server.id + " hangs for " + length + " ms");
        server.hungUntil = servers.world.now() + length * MILLI;
    }

    private void cut() {
        List<String> parties = new ArrayList<>(servers.servers.keySet());
        run.processes().forEach(process -> parties.add(process.name));
        parties.add(SimulatedProcess.REGISTER);
        Set<String> island = new LinkedHashSet<>();
        String first = parties.get(random.nextInt(parties.size()));
        island.add(first);
        if (random.nextInt(3) == 0) {
            island.add(parties.get(random.nextInt(parties.size())));
        }
        boolean all = random.nextBoolean();
        String other = parties.get(random.nextInt(parties.size()));
        run.count("cuts of links");
        run.note(() -> all ? island + " is cut off" : first + " and " + other + " are cut");
        List<String[]> pairs = new ArrayList<>();
        for (String one : all ? island : Set.of(first)) {
            for (String two : all ? parties : List.of(other)) {
                if (!one.equals(two) && !(all && island.contains(two))) {
                    pairs.add(new String[] {one, two});
                }
            }
        }
        pairs.forEach(pair -> servers.cut(pair[0], pair[1], true));
        servers.world.step((200 + random.nextInt(6_000)) * MILLI, () -> {
            run.note(() -> "links of " + first + " are whole");
            pairs.forEach(pair -> servers.cut(pair[0], pair[1], false));
        });
    }

    /** Somebody asks a process to make another node the primary. */
    private void switchOver() {
        SimulatedProcess process = anyProcess();
        Server target = any();
        Duration patience = Duration.ofMillis(300 + random.nextInt(4_000));
        run.count("switchovers asked for");
        run.note(() -> process.name + " is asked to make " + target.id + " the primary");
        var unused = process.clock.schedule(Duration.ZERO, () -> {
            try {
                ReplicaSet.Switchover made = process.set.switchover(target.id, Deadline.after(patience, process.clock));
                run.count("switchovers made");
                run.note(() -> process.name + " has made it: " + made);
            } catch (IllegalArgumentException primaryAlready) {
                run.count("switchovers to the primary");
            } catch (TenfoldException failure) {
                run.count("switchovers not made, or not to the end");
                run.note(() -> process.name + " has not made it: " + failure.getMessage());
            }
        });
    }

    // --- the worst moments

    /** What was compared may not be true any more, and who promotes may be too late. */
    void beforePromotion(SimulatedProcess process) {
        if (run.isCalm()) {
            return;
        }
        int choice = random.nextInt(12);
        if (choice < 3) {
            run.count("returns of all that was away, at the moment of a promotion");
            run.note(() -> "all that hangs, is cut off or stands still comes back");
            servers.cuts.clear();
            servers.servers.values().forEach(server -> server.hungUntil = 0);
            run.processes().forEach(each -> each.clock.wake());
            process.clock.sleep(random.nextInt(400) * MILLI);
        } else if (choice < 5) {
            standStill(process, "before it promotes");
        } else if (choice == 5) {
            interrupt(process);
        }
    }

    /** Gone before anybody has heard of it. */
    void afterPromotion(Server server) {
        if (!run.isCalm() && random.nextInt(5) == 0) {
            run.count("servers that crashed as soon as they were promoted");
            crash(server, 500 + random.nextInt(8_000));
        }
    }

    /** Nor may who lets a replica follow do so because of what was so before it stood still. */
    void beforeFollowing(SimulatedProcess process) {
        if (!run.isCalm() && random.nextInt(scenario == Scenario.LATE ? 3 : 10) == 0) {
            standStill(process, "before it lets one follow");
        }
    }

    /** Nor who freezes one, and has frozen others before. */
    void beforeFreezing(SimulatedProcess process) {
        if (!run.isCalm() && random.nextInt(16) == 0) {
            standStill(process, "before it freezes one");
        }
    }

    /** Nor who writes down which timeline it takes. */
    void beforeReserving(SimulatedProcess process) {
        if (!run.isCalm() && random.nextInt(24) == 0) {
            standStill(process, "before it reserves a timeline");
        }
    }

    /** In the middle of a switchover: before the primary is stopped, while it stops, and before it is taken back. */
    void beforeHandingOver(SimulatedProcess process) {
        if (run.isCalm()) {
            return;
        }
        int choice = random.nextInt(10);
        if (choice < 2) {
            standStill(process, "in a switchover");
        } else if (choice < 5) {
            interrupt(process);
        }
    }

    /** Something breaks at this very moment; it may be the process itself. */
    private void interrupt(SimulatedProcess process) {
        run.count("faults in the middle of a switchover or promotion");
        if (random.nextInt(4) == 0) {
            if (run.processes().contains(process)) {
                die(process);
            }
        } else {
            mishap();
        }
        process.clock.sleep(random.nextInt(20) * MILLI);
    }

    /** For a while, or for longer than a lease. */
    private void standStill(SimulatedProcess process, String when) {
        boolean longer = scenario == Scenario.LATE || random.nextBoolean();
        int millis = longer ? 30_000 + random.nextInt(30_000) : random.nextInt(2_000);
        run.count("processes that stood still " + when);
        run.note(() -> process.name + " stands still " + when + " for " + millis + " ms");
        process.clock.pause(millis * MILLI);
    }
}
