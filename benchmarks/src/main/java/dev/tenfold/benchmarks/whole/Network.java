package dev.tenfold.benchmarks.whole;

import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.testing.SimulatedWorld.Clock;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** The links between any two parties: a message takes its time, one in many is lost, and links break and heal. */
final class Network {

    static final long MILLI = 1_000_000;

    /** How long who gets no answer waits for one. */
    static final long PATIENCE = 300 * MILLI;

    private final SimulatedWorld world;
    private final Random random;
    private final Set<String> cuts = new TreeSet<>();
    private boolean lossy;

    Network(SimulatedWorld world, Random random) {
        this.world = world;
        this.random = random;
    }

    void loseSome(boolean some) {
        lossy = some;
    }

    boolean linked(String one, String other) {
        return !cuts.contains(link(one, other));
    }

    void cut(String one, String other) {
        cuts.add(link(one, other));
    }

    void heal(String one, String other) {
        cuts.remove(link(one, other));
    }

    void healAll() {
        cuts.clear();
    }

    private static String link(String one, String other) {
        return one.compareTo(other) < 0 ? one + "-" + other : other + "-" + one;
    }

    /** Whether a message sent now arrives. */
    boolean carries(String from, String to) {
        return linked(from, to) && !(lossy && random.nextInt(500) == 0);
    }

    /** How long a message is under way: mostly a millisecond or two, now and then thirty. */
    long delay() {
        return MILLI * (random.nextInt(25) == 0 ? random.nextInt(30) : random.nextInt(3));
    }

    /** Crosses over with a message, on the time of who waits for the answer; false, after the wait, if it is lost. */
    boolean cross(Clock waiting, String from, String to) {
        waiting.sleep(delay());
        if (carries(from, to)) {
            return true;
        }
        waiting.sleep(PATIENCE);
        return false;
    }

    /** Sends a message nobody waits for; what it does must not sleep. */
    void send(String from, String to, Runnable arrival) {
        if (carries(from, to)) {
            world.step(delay(), arrival);
        }
    }

    @Override
    public String toString() {
        return "cut " + cuts;
    }
}
