package dev.tenfold.replication;

import dev.tenfold.error.Validation;
import dev.tenfold.time.TimeSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The choices of the set's own read preference, and of those that single reads came with. Thread-safe. */
final class ChoicesByPreference<N> {

    /** How many preferences beside the set's own are remembered; more still work, but are worked out for each read. */
    static final int REMEMBERED = 64;

    private final String name;
    private final Monitor<N> monitor;
    private final ReplicaSettings settings;
    private final TimeSource time;
    private final ReadChoices<N> own;
    private final Map<ReadPreference, ReadChoices<N>> others = new ConcurrentHashMap<>();

    ChoicesByPreference(String name, Monitor<N> monitor, ReplicaSettings settings, TimeSource time) {
        this.name = name;
        this.monitor = monitor;
        this.settings = settings;
        this.time = time;
        this.own = new ReadChoices<>(settings.preference(), monitor, settings, time);
    }

    ReadChoices<N> own() {
        return own;
    }

    ReadChoices<N> of(ReadPreference preference) {
        ReadChoices<N> known = preference.equals(own.preference()) ? own : others.get(preference);
        if (known != null) {
            return known;
        }
        Validation check = Validation.of("replica set '" + name + "'");
        preference.check(check, settings.probeInterval());
        check.throwIfInvalid();
        ReadChoices<N> fresh = new ReadChoices<>(preference, monitor, settings, time);
        if (others.size() < REMEMBERED) {
            others.put(preference, fresh);
        }
        return fresh;
    }
}
