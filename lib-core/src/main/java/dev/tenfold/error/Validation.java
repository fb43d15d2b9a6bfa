package dev.tenfold.error;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects what is wrong with a configuration, so that {@code build()} can report all of it in one message.
 *
 * <pre>{@code
 * Validation check = Validation.of("cache 'users'");
 * check.atLeast("maximumSize", maximumSize, 1);
 * check.positive("expireAfterWrite", ttl);
 * check.require(jitter == 0 || ttl != null, "jitter", jitter, "0 without expireAfterWrite");
 * check.throwIfInvalid();
 * }</pre>
 *
 * <p>Not thread-safe: one builder, one thread.
 */
public final class Validation {

    private final String subject;
    private final List<String> problems = new ArrayList<>();

    private Validation(String subject) {
        this.subject = subject;
    }

    /**
     * Starts collecting.
     *
     * @param subject what is being built, with its name, such as {@code "cache 'users'"}
     * @return an empty collector
     */
    public static Validation of(String subject) {
        return new Validation(subject);
    }

    /**
     * Notes a problem unless {@code holds}.
     *
     * @param holds whether the rule is kept
     * @param name the option's name as the user wrote it
     * @param value the value the user gave
     * @param rule what would have been right, completing "expected: ..."
     */
    public void require(boolean holds, String name, @Nullable Object value, String rule) {
        if (!holds) {
            problems.add(name + ": " + value + " (expected: " + rule + ")");
        }
    }

    /**
     * Notes a problem if {@code value} is below {@code minimum}.
     *
     * @param name the option's name
     * @param value the value given
     * @param minimum the least allowed
     */
    public void atLeast(String name, long value, long minimum) {
        require(value >= minimum, name, value, ">= " + minimum);
    }

    /**
     * Notes a problem if {@code value} is outside {@code [minimum, maximum]} or not a number.
     *
     * @param name the option's name
     * @param value the value given
     * @param minimum the least allowed
     * @param maximum the most allowed
     */
    public void between(String name, double value, double minimum, double maximum) {
        require(value >= minimum && value <= maximum, name, value, minimum + " to " + maximum);
    }

    /**
     * Notes a problem if a duration is given and not above zero.
     *
     * @param name the option's name
     * @param value the value given, or null where the option was left out
     */
    public void positive(String name, @Nullable Duration value) {
        require(value == null || (!value.isNegative() && !value.isZero()), name, value, "> 0");
    }

    /**
     * Notes a problem if a duration is given and below zero.
     *
     * @param name the option's name
     * @param value the value given, or null where the option was left out
     */
    public void notNegative(String name, @Nullable Duration value) {
        require(value == null || !value.isNegative(), name, value, ">= 0");
    }

    /**
     * Notes a problem if something required is missing.
     *
     * @param name the option's name
     * @param value the value given, or null
     * @param remedy what to call to supply it
     */
    public void present(String name, @Nullable Object value, String remedy) {
        require(value != null, name, value, "a value; " + remedy);
    }

    /**
     * Notes a problem if a collection is empty.
     *
     * @param name the option's name
     * @param values the values given
     * @param remedy what to call to add one
     */
    public void notEmpty(String name, Collection<?> values, String remedy) {
        require(!values.isEmpty(), name, values, "at least one; " + remedy);
    }

    /**
     * Throws if anything was noted.
     *
     * @throws InvalidConfigurationException with every problem, in the order they were checked
     */
    public void throwIfInvalid() {
        if (!problems.isEmpty()) {
            throw new InvalidConfigurationException(subject, problems);
        }
    }
}
