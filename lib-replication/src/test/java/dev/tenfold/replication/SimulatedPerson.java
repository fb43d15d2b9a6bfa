package dev.tenfold.replication;

import dev.tenfold.error.TenfoldException;
import dev.tenfold.replication.SimulatedServers.Failed;
import dev.tenfold.replication.SimulatedServers.View;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import dev.tenfold.time.Deadline;
import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/** A person who reads and writes in one session, now through this process and now through that. */
final class SimulatedPerson {

    private static final SessionToken TOKENS = SessionToken.signedWith(new byte[16]);

    private final FailoverSimulation run;
    private final SimulatedServers servers;
    private final Random random;
    private Session session = new Session();
    private final Set<Integer> mine = new HashSet<>();
    private Set<Integer> seen = new HashSet<>();
    private boolean quiet;

    SimulatedPerson(FailoverSimulation run, SimulatedServers servers, Random random) {
        this.run = run;
        this.servers = servers;
        this.random = random;
    }

    void loop() {
        if (!quiet) {
            act();
            servers.world.schedule((5 + random.nextInt(120)) * SimulatedServers.MILLI, this::loop);
        }
    }

    void stop() {
        quiet = true;
    }

    private void act() {
        SimulatedProcess process =
                run.processes().get(random.nextInt(run.processes().size()));
        // Carried to whichever process comes next, as a cookie would.
        session = TOKENS.decode(TOKENS.encode(session));
        Deadline deadline = Deadline.after(Duration.ofMillis(200 + random.nextInt(1500)), process.clock);
        try {
            if (random.nextInt(3) == 0) {
                write(process, deadline);
            } else {
                read(process, deadline);
            }
        } catch (TenfoldException expected) {
            run.note(() -> "a call on " + process.name + " failed: "
                    + expected.getClass().getSimpleName());
        } catch (Failed impossible) {
            throw new AssertionError(impossible);
        }
    }

    private void write(SimulatedProcess process, Deadline deadline) throws Failed {
        int id = run.nextId();
        process.set.<Integer, Failed>write(session, deadline, server -> {
            servers.write(process, server, id);
            return id;
        });
        mine.add(id);
    }

    private void read(SimulatedProcess process, Deadline deadline) throws Failed {
        Set<Integer> expected = new HashSet<>(mine);
        // What nobody acknowledged may be seen on a replica and be gone with it.
        seen.stream().filter(run.promises()::isAcknowledged).forEach(expected::add);
        Position asked = session.required("shard");
        View view = process.set.<View, Failed>read(session, deadline, server -> servers.read(process, server));
        run.promises().read(expected, view, asked, process);
        seen = view.ids();
    }
}
