package dev.tenfold.journey.report;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Tells what happens, once a second while a load runs: what was broken, and what Tenfold did about it, wait for the next
 * line of figures and stand below it, a line each. Thread-safe.
 */
public final class Narrator {

    private static final int REMEMBERED = 64;
    private static final int PER_SECOND = 5;

    private final PrintStream out;
    private final BlockingQueue<String> pending = new ArrayBlockingQueue<>(REMEMBERED);

    /**
     * Makes a narrator.
     *
     * @param out where it tells, in UTF-8
     */
    public Narrator(PrintStream out) {
        this.out = out;
    }

    /**
     * Says something now.
     *
     * @param line what
     */
    public void say(String line) {
        out.println(line);
    }

    /**
     * Notes something for the next line of figures. Where too much happens at once, what is said first is kept.
     *
     * @param what a few words
     */
    public void note(String what) {
        if (!pending.contains(what)) {
            pending.offer(what);
        }
    }

    /**
     * Says a line of figures, and what was noted since the last.
     *
     * @param figures the state of the load
     */
    public void tick(String figures) {
        out.println(figures);
        tell(PER_SECOND);
    }

    /** Says what is still waiting, a line each. */
    public void flush() {
        tell(REMEMBERED);
    }

    private void tell(int most) {
        List<String> notes = new ArrayList<>();
        pending.drainTo(notes, most);
        notes.forEach(note -> out.println("          " + note));
    }
}
