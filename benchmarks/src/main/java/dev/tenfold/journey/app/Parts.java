package dev.tenfold.journey.app;

import java.util.ArrayDeque;
import java.util.Deque;

/** What was opened, to be closed in reverse order, each whatever became of the others. Thread-safe. */
public final class Parts implements AutoCloseable {

    private final Deque<Part> opened = new ArrayDeque<>();

    /** Starts with nothing. */
    public Parts() {}

    private record Part(String name, AutoCloseable resource) {}

    /**
     * Adds a part.
     *
     * @param <T> the kind of part
     * @param part what was opened
     * @return the part
     */
    public synchronized <T extends AutoCloseable> T add(T part) {
        opened.push(new Part(part.getClass().getSimpleName(), part));
        return part;
    }

    /** Closes everything; closing twice does nothing. Failures are thrown together once all were tried. */
    @Override
    public synchronized void close() {
        IllegalStateException problems = null;
        while (!opened.isEmpty()) {
            Part part = opened.pop();
            try {
                part.resource().close();
            } catch (Exception failure) {
                if (problems == null) {
                    problems = new IllegalStateException("not everything could be closed");
                }
                problems.addSuppressed(new IllegalStateException(part.name(), failure));
            }
        }
        if (problems != null) {
            throw problems;
        }
    }
}
