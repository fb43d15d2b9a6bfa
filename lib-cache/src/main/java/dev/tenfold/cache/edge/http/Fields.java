package dev.tenfold.cache.edge.http;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The field lines of a request or response, in order; names match whatever their case (RFC 9110, section 5). Immutable. */
public final class Fields {

    private static final Fields NONE = new Fields(List.of());

    private record Line(String name, String value) {}

    private final List<Line> lines;

    private Fields(List<Line> lines) {
        this.lines = List.copyOf(lines);
    }

    /**
     * Returns no fields.
     *
     * @return the empty ones
     */
    public static Fields none() {
        return NONE;
    }

    /**
     * Makes fields.
     *
     * @param namesAndValues name, value, name, value and so on
     * @return the fields
     * @throws IllegalArgumentException if a name has no value
     */
    public static Fields of(String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "namesAndValues: " + namesAndValues.length + " strings (expected: pairs of name and value)");
        }
        List<Line> lines = new ArrayList<>(namesAndValues.length / 2);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            lines.add(new Line(namesAndValues[i], namesAndValues[i + 1].strip()));
        }
        return new Fields(lines);
    }

    /**
     * Copies fields as the JDK's server and client have them.
     *
     * @param map values by name
     * @return the fields
     */
    public static Fields copyOf(java.util.Map<String, List<String>> map) {
        List<Line> lines = new ArrayList<>();
        map.forEach((name, values) -> values.forEach(value -> lines.add(new Line(name, value.strip()))));
        return new Fields(lines);
    }

    /**
     * Returns the value of a field, its lines joined by commas.
     *
     * @param name the field's name
     * @return the value, or null where there is no such field
     */
    public @Nullable String value(String name) {
        String value = null;
        for (Line line : lines) {
            if (line.name.equalsIgnoreCase(name)) {
                value = value == null ? line.value : value + ", " + line.value;
            }
        }
        return value;
    }

    /**
     * Returns the values of a field's lines.
     *
     * @param name the field's name
     * @return one each line, in order
     */
    public List<String> lines(String name) {
        return lines.stream()
                .filter(line -> line.name.equalsIgnoreCase(name))
                .map(Line::value)
                .toList();
    }

    /**
     * Says whether there is a field.
     *
     * @param name the field's name
     * @return whether any line has it
     */
    public boolean has(String name) {
        for (Line line : lines) {
            if (line.name.equalsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Sets a field.
     *
     * @param name its name
     * @param value its one value
     * @return a copy where it replaces any lines of that name
     */
    public Fields with(String name, String value) {
        return without(Set.of(name)).plus(name, value);
    }

    /**
     * Adds a line.
     *
     * @param name its name
     * @param value its value
     * @return a copy with one line more
     */
    public Fields plus(String name, String value) {
        List<Line> more = new ArrayList<>(lines);
        more.add(new Line(name, value));
        return new Fields(more);
    }

    /**
     * Removes fields.
     *
     * @param names their names
     * @return a copy without them
     */
    public Fields without(Collection<String> names) {
        Set<String> gone =
                names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
        return new Fields(lines.stream()
                .filter(line -> !gone.contains(line.name.toLowerCase(Locale.ROOT)))
                .toList());
    }

    /** Replaces every field that {@code newer} has by its lines there. */
    Fields updatedBy(Fields newer) {
        List<Line> all =
                new ArrayList<>(without(newer.lines.stream().map(Line::name).toList()).lines);
        all.addAll(newer.lines);
        return new Fields(all);
    }

    /** Keeps only some fields. */
    Fields only(Collection<String> names) {
        return new Fields(lines.stream()
                .filter(line -> names.stream().anyMatch(line.name::equalsIgnoreCase))
                .toList());
    }

    /**
     * Visits every line.
     *
     * @param visitor gets name and value
     */
    public void forEach(BiConsumer<String, String> visitor) {
        lines.forEach(line -> visitor.accept(line.name, line.value));
    }

    /** Returns how many characters the lines have. */
    int size() {
        int size = 0;
        for (Line line : lines) {
            size += line.name.length() + line.value.length() + 4;
        }
        return size;
    }

    @Override
    public String toString() {
        return lines.stream().map(line -> line.name + ": " + line.value).collect(Collectors.joining("\n"));
    }
}
