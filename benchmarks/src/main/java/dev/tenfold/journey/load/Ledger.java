package dev.tenfold.journey.load;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the application said it had written, to be compared with what it really has. Writes are named, such as {@code
 * post/42}; profile changes are counted by version in their {@link Person}. Thread-safe.
 */
public final class Ledger {

    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<String> unknown = ConcurrentHashMap.newKeySet();
    private final LongAdder acknowledgements = new LongAdder();
    private final LongAdder unknowns = new LongAdder();

    /** Starts empty. */
    public Ledger() {}

    /** What is stored at the end, read from the databases themselves. */
    public interface Truth {

        /**
         * Lists the named writes.
         *
         * @return every stored one, as often as it is stored
         * @throws Exception if a database cannot be read
         */
        List<String> writes() throws Exception;

        /**
         * Lists the profiles.
         *
         * @return the stored version by user id
         * @throws Exception if a database cannot be read
         */
        Map<Long, Long> versions() throws Exception;
    }

    /**
     * How the ledger compares with the truth.
     *
     * @param acknowledged writes that the application said it had made
     * @param lost names of acknowledged writes that are not there
     * @param unknown writes whose outcome the application or the network left open
     * @param unknownButMade those of them that are there
     * @param duplicated names that are stored more than once
     * @param invented names and profile versions that are stored though nobody sent them
     */
    public record Audit(
            long acknowledged,
            List<String> lost,
            long unknown,
            long unknownButMade,
            List<String> duplicated,
            List<String> invented) {}

    /** A write was acknowledged. */
    void acknowledged(String write) {
        acknowledged.add(write);
        acknowledgements.increment();
    }

    /** A write may have happened. */
    void unknown(String write) {
        unknown.add(write);
        unknowns.increment();
    }

    /** A change of a profile was acknowledged. */
    void profileAcknowledged() {
        acknowledgements.increment();
    }

    /** A change of a profile may have happened. */
    void profileUnknown() {
        unknowns.increment();
    }

    /**
     * Returns the names that were acknowledged and begin with a prefix.
     *
     * @param prefix such as {@code follow/}
     * @return a copy, sorted
     */
    public Set<String> acknowledgedWrites(String prefix) {
        Set<String> names = new TreeSet<>();
        for (String write : acknowledged) {
            if (write.startsWith(prefix)) {
                names.add(write);
            }
        }
        return names;
    }

    /**
     * Compares the ledger with what is stored, once nothing is under way any more.
     *
     * @param crowd whose profiles to compare
     * @param truth reads what is stored
     * @return the differences
     * @throws Exception if the truth cannot be read
     */
    public Audit audit(Crowd crowd, Truth truth) throws Exception {
        Set<String> stored = new HashSet<>();
        Set<String> duplicated = new TreeSet<>();
        Set<String> invented = new TreeSet<>();
        for (String write : truth.writes()) {
            if (!stored.add(write)) {
                duplicated.add(write);
            }
            if (!acknowledged.contains(write) && !unknown.contains(write)) {
                invented.add(write);
            }
        }
        Set<String> lost = new TreeSet<>(acknowledged);
        lost.removeAll(stored);
        long made = unknown.stream().filter(stored::contains).count();
        Map<Long, Long> versions = truth.versions();
        for (Person person : crowd.people()) {
            long version = versions.getOrDefault(person.id(), -1L);
            if (version < person.acknowledgedVersion()) {
                lost.add("profile/" + person.id() + " at version " + person.acknowledgedVersion() + ", stored "
                        + (version < 0 ? "nothing" : version));
            } else if (version > person.attemptedVersion()) {
                invented.add("profile/" + person.id() + " at version " + version);
            }
        }
        return new Audit(
                acknowledgements.sum(),
                List.copyOf(lost),
                unknowns.sum(),
                made,
                List.copyOf(duplicated),
                List.copyOf(invented));
    }
}
