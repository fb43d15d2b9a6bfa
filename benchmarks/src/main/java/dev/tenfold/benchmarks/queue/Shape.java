package dev.tenfold.benchmarks.queue;

/** How many send and how many receive. */
public record Shape(int producers, int consumers) {

    /** Reads {@code 2x2}. */
    static Shape of(String text) {
        String[] parts = text.split("x", -1);
        if (parts.length != 2) {
            throw new IllegalArgumentException("shape: " + text + " (expected: PRODUCERSxCONSUMERS, such as 2x2)");
        }
        return new Shape(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    @Override
    public String toString() {
        return producers + "x" + consumers;
    }
}
