package dev.tenfold.error;

import java.io.Serial;
import java.util.List;

/** A builder was given values that do not fit. The message lists every problem, not the first. */
public final class InvalidConfigurationException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    private final List<String> problems;

    InvalidConfigurationException(String subject, List<String> problems) {
        super(subject + " cannot be built: " + String.join("; ", problems), null);
        this.problems = List.copyOf(problems);
    }

    /**
     * Returns everything that is wrong.
     *
     * @return one {@code name: value (expected: rule)} each, in the order they were checked
     */
    public List<String> problems() {
        return problems;
    }
}
