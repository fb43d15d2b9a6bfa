package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import dev.tenfold.benchmarks.whole.Ask.Kind;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.session.Session;
import dev.tenfold.topology.Coordinates;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who reads, writes and removes, one request after another; the session goes along in a cookie. Some ask now this
 * process and now that, others by way of the front. Checks what it is shown.
 */
final class Person {

    private final String name;
    private final WholeSystem system;
    /** Where it is; null for who asks the processes directly. */
    private final @Nullable Coordinates place;
    /** What a later answer for a key must show, as far as it was acknowledged. */
    private final Map<String, List<Long>> seen = new HashMap<>();

    private String cookie = AppProcess.TOKENS.encode(new Session());
    private String last = "";
    private boolean waiting;
    private @Nullable AppProcess asked;
    /** Grows with each request, so that one that was given up is not gone on with. */
    private int request;

    Person(String name, WholeSystem system, @Nullable Coordinates place) {
        this.name = name;
        this.system = system;
        this.place = place;
    }

    void wait(int atMostMillis) {
        asked = null;
        waiting = false;
        int next = ++request;
        var unused = system.world.schedule(system.random.nextInt(atMostMillis) * MILLI, () -> {
            if (next == request) {
                act();
            }
        });
    }

    /** The process that was asked will not answer any more. */
    void died(AppProcess process) {
        if (asked == process) {
            system.note(() -> name + " gets no answer from " + process.name);
            wait(200);
        }
    }

    boolean isWaiting() {
        return waiting;
    }

    private void act() {
        if (system.isQuiet()) {
            return;
        }
        String key = system.anyKey();
        Coordinates from = place;
        waiting = true;
        if (from == null) {
            AppProcess process = system.anyProcess();
            if (process == null) {
                wait(200);
                return;
            }
            asked = process;
            long began = system.world.now();
            Ask ask = ask(key);
            take(ask, process.answer(ask));
            process.clock.sleep(system.network.delay());
            system.took(began, process);
        } else if (system.random.nextInt(3) == 0) {
            look(from, key);
        } else {
            request(from, key);
        }
        wait(120);
    }

    private Ask ask(String key) {
        Kind kind = switch (system.random.nextInt(12)) {
            case 0, 1, 2 -> Kind.WRITE;
            case 3 -> Kind.REMOVE;
            default -> Kind.READ;
        };
        long number = switch (kind) {
            case WRITE -> system.history.next(key);
            case REMOVE -> system.history.nextRemoval(key);
            default -> 0;
        };
        Ask ask = new Ask(kind, key, number, cookie, last);
        system.note(() -> name + " asks to " + kind + " " + key + (number == 0 ? "" : " (" + number + ")"));
        return ask;
    }

    private void request(Coordinates from, String key) {
        Ask ask = ask(key);
        system.tally.calls++;
        try {
            take(ask, system.front.handle(from, ask));
        } catch (TenfoldException failed) {
            system.failed(!ask.isSafe(), false);
            system.note(() -> name + "'s request failed: " + failed);
        }
    }

    /** Takes a page, which says nothing of the session. */
    private void look(Coordinates from, String key) {
        system.tally.calls++;
        try {
            system.front.page(from, key);
        } catch (TenfoldException failed) {
            system.failed(false, false);
            system.note(() -> name + "'s request for a page failed: " + failed);
        }
    }

    private void take(Ask ask, Answer answer) {
        cookie = answer.cookie();
        last = answer.by();
        if (answer.failure() != null) {
            system.failed(answer.isUnknown(), answer.isLost());
            system.note(() -> name + "'s call on " + answer.by() + " failed: " + answer.failure());
            return;
        }
        system.note(() -> name + " was told by " + answer.by() + " that " + ask.key() + " = " + answer.value());
        if (ask.number() != 0) {
            system.history.acknowledge(ask.number());
            check(ask, ask.number(), answer);
            seen.put(ask.key(), new ArrayList<>(List.of(ask.number())));
            return;
        }
        system.reads++;
        check(ask, answer.value(), answer);
        Long value = answer.value();
        if (value != null) {
            List<Long> known = seen.computeIfAbsent(ask.key(), unseen -> new ArrayList<>());
            if (system.history.isAcknowledged(value)) {
                known.clear();
            }
            if (!known.contains(value)) {
                known.add(value);
            }
        } else if (seen.containsKey(ask.key())) {
            system.tally.seenGone++;
        }
    }

    private void check(Ask ask, @Nullable Long value, Answer answer) {
        for (long number : seen.getOrDefault(ask.key(), List.of())) {
            system.require(
                    Promise.SESSION,
                    !system.history.isAcknowledged(number) || system.history.shows(ask.key(), value, number),
                    () -> "" + name + " knew " + ask.key() + " = " + number + ", and " + ask.kind() + " through "
                            + answer.by() + " asking for " + AppProcess.TOKENS.decode(ask.cookie()) + " shows "
                            + value);
        }
    }
}
