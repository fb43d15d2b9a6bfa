package dev.tenfold.queue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a {@link DurableProcess} said before it was killed, and whether the next ones keep its promises. Lines are
 * {@code P id} before publishing, {@code C id} after the confirm, {@code D queue id} on delivery, {@code A queue id} after the
 * acknowledgement was confirmed. Used by one thread at a time.
 */
final class DeliveryLedger {

    private final Set<String> published = new HashSet<>();
    private final Set<String> confirmed = new HashSet<>();
    private final Map<String, Integer> delivered = new HashMap<>();
    private final Set<String> acknowledged = new HashSet<>();
    private final List<String> violations = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();
    private int deliveries;

    void line(String line) {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "P" -> published.add(words[1]);
            case "C" -> confirmed.add(words[1]);
            case "D" -> {
                deliveries++;
                delivered.merge(words[1] + " " + words[2], 1, Integer::sum);
                if (acknowledged.contains(words[1] + " " + words[2])) {
                    violations.add("delivered after the acknowledgement was confirmed: " + line);
                }
                if (!published.contains(words[2])) {
                    violations.add("never published: " + line);
                }
            }
            case "A" -> acknowledged.add(words[1] + " " + words[2]);
            case "E" -> errors.add(line);
            default -> violations.add("not understood: " + line);
        }
    }

    /** Checks, after everything was drained, that nothing is missing. */
    void audit() {
        for (String id : confirmed) {
            require(id, DurableProcess.WORK);
            require(id, DurableProcess.COPY);
            switch (DurableProcess.fate(Long.parseLong(id))) {
                case ACK -> {}
                case REJECT, FAIL -> require(id, DurableProcess.DEAD);
                case PASS_ON -> require(id, DurableProcess.AUDIT);
            }
        }
    }

    private void require(String id, String queue) {
        if (!delivered.containsKey(queue + " " + id)) {
            violations.add("confirmed and lost: " + id + " in " + queue);
        }
    }

    int confirmed() {
        return confirmed.size();
    }

    int acknowledged() {
        return acknowledged.size();
    }

    int deliveries() {
        return deliveries;
    }

    List<String> violations() {
        return violations;
    }

    /** What brokers reported as errors. */
    List<String> errors() {
        return errors;
    }
}
