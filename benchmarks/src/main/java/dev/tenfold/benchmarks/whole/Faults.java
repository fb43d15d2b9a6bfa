package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** What goes wrong, one thing after another and often several at once; and the moves of slots under way meanwhile. */
final class Faults {

    private final WholeSystem system;
    private final Random random;
    private boolean over;

    Faults(WholeSystem system) {
        this.system = system;
        this.random = system.random;
    }

    void storm() {
        system.network.loseSome(random.nextBoolean());
        int faults = 5 + random.nextInt(14);
        for (int i = 0; i < faults; i++) {
            one();
            keepMoving();
            system.world.run((100 + random.nextInt(random.nextInt(4) == 0 ? 4_000 : 1_200)) * MILLI);
        }
    }

    private void one() {
        List<DatabaseServer> servers = new ArrayList<>();
        system.databases.values().forEach(database -> servers.addAll(database.servers));
        DatabaseServer server = servers.get(random.nextInt(servers.size()));
        DatabaseServer primary = system.database(server.shard).primary();
        AppProcess process = system.anyProcess();
        switch (random.nextInt(19)) {
            case 0 -> crash(server);
            case 1, 2 -> crash(primary == null ? server : primary);
            case 3, 4 -> hang(primary == null || random.nextBoolean() ? server : primary);
            case 5, 6, 7, 8 -> cut();
            case 9 -> {
                system.tally.fault("replica stops replaying");
                system.note(() -> server.id + " stops replaying");
                server.replayPausedUntil = system.world.now() + random.nextInt(4_000) * MILLI;
            }
            case 10 -> {
                if (process != null) {
                    system.tally.fault("process stands still");
                    system.pause(process, random.nextInt(random.nextInt(4) == 0 ? 30_000 : 3_000));
                }
            }
            case 11, 12 -> {
                if (process != null) {
                    system.tally.fault("process killed");
                    system.kill(process);
                    system.join();
                }
            }
            case 13 -> {
                system.tally.fault("shared tier crashes");
                system.note(() -> "the tier crashes");
                system.tier.crash();
                system.world.step(random.nextInt(2_000) * MILLI, system.tier::restart);
            }
            case 14 -> crashBroker();
            case 15, 16 -> {
                if (process != null) {
                    system.tally.fault("switchover asked for");
                    process.switchOver(server.shard);
                }
            }
            case 17 -> system.front.takeDown(random.nextInt(3));
            default -> move();
        }
    }

    /** Whoever is first among the processes sees to it that a move goes on. */
    void keepMoving() {
        if (system.isMoving() && !system.processes.isEmpty() && (over || random.nextInt(3) == 0)) {
            system.processes.get(0).takeOverMove();
        } else if (!over && random.nextInt(4) == 0) {
            move();
        }
    }

    private void move() {
        AppProcess process = system.anyProcess();
        if (process != null && !system.isMoving()) {
            process.move(random.nextInt(WholeSystem.SLOTS));
        }
    }

    private void crash(DatabaseServer server) {
        if (!server.up) {
            return;
        }
        system.tally.fault(server.writable ? "primary crashes" : "replica crashes");
        system.note(() -> server.id + " crashes");
        server.crash();
        int incarnation = server.incarnation;
        system.world.step((500 + random.nextInt(8_000)) * MILLI, () -> {
            if (!server.up && server.incarnation == incarnation) {
                system.note(() -> server.id + " comes back");
                server.up = true;
            }
        });
    }

    private void crashBroker() {
        if (system.broker.isUp()) {
            system.tally.fault("broker crashes");
            system.note(() -> "the broker crashes");
            system.broker.crash();
            system.world.step((100 + random.nextInt(3_000)) * MILLI, this::restartBroker);
        }
    }

    private void restartBroker() {
        if (!system.broker.isUp()) {
            system.note(() -> "the broker is back");
            system.broker.start();
        }
    }

    private void hang(DatabaseServer server) {
        long length = 100L + random.nextInt(6_000);
        system.tally.fault(server.writable ? "primary hangs" : "replica hangs");
        system.note(() -> server.id + " hangs for " + length + " ms");
        server.hungUntil = system.world.now() + length * MILLI;
    }

    private void cut() {
        List<String> parties = new ArrayList<>(
                List.of(SharedTier.PLACE, MessageBus.PLACE, BrokerHost.PLACE, ReachedRegister.PLACE, Front.PLACE));
        system.databases.values().forEach(database -> database.servers.forEach(server -> parties.add(server.id)));
        system.processes.forEach(process -> parties.add(process.name));
        String first = parties.get(random.nextInt(parties.size()));
        Set<String> island = new LinkedHashSet<>(List.of(first));
        if (random.nextInt(3) == 0) {
            island.add(parties.get(random.nextInt(parties.size())));
        }
        boolean all = random.nextBoolean();
        String other = parties.get(random.nextInt(parties.size()));
        system.tally.fault(all ? "party cut off" : "link cut");
        system.note(() -> all ? island + " is cut off" : first + " and " + other + " are cut");
        List<String[]> pairs = new ArrayList<>();
        for (String one : all ? island : Set.of(first)) {
            for (String two : all ? parties : List.of(other)) {
                if (!one.equals(two) && !(all && island.contains(two))) {
                    pairs.add(new String[] {one, two});
                }
            }
        }
        pairs.forEach(pair -> system.network.cut(pair[0], pair[1]));
        system.world.step((200 + random.nextInt(6_000)) * MILLI, () -> {
            system.note(() -> "links of " + first + " are whole");
            pairs.forEach(pair -> system.network.heal(pair[0], pair[1]));
        });
    }

    /** All faults end; who was away must join again by itself. */
    void end() {
        system.note(() -> "the faults are over");
        over = true;
        system.network.loseSome(false);
        system.network.healAll();
        system.tier.restart();
        system.front.allUp();
        restartBroker();
        system.databases
                .values()
                .forEach(database -> database.servers.forEach(server -> {
                    server.up = true;
                    server.hungUntil = 0;
                    server.replayPausedUntil = 0;
                }));
    }
}
