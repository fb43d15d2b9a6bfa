package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import dev.tenfold.DataPath;
import dev.tenfold.benchmarks.whole.WholeSystem.Guard;
import dev.tenfold.error.LostWriteException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who reads and writes, one request after another, now through this process and now through that; the session goes
 * along in a cookie. Checks what it is shown.
 */
final class Person {

    private static final SessionToken TOKENS = SessionToken.signedWith(new byte[16]);

    private final String name;
    private final WholeSystem system;
    /** What a later answer for a key must show, as far as it was acknowledged. */
    private final Map<String, List<Long>> seen = new HashMap<>();

    private String cookie = TOKENS.encode(new Session());
    private String lastProcess = "";
    private @Nullable AppProcess asked;
    /** Grows with each request, so that one that was given up is not gone on with. */
    private int request;

    Person(String name, WholeSystem system) {
        this.name = name;
        this.system = system;
    }

    void wait(int atMostMillis) {
        asked = null;
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
        return asked != null;
    }

    private void act() {
        if (system.isQuiet()) {
            return;
        }
        AppProcess process = system.anyProcess();
        if (process == null) {
            wait(200);
            return;
        }
        asked = process;
        long began = system.world.now();
        Session session =
                system.has(Guard.COOKIE) || lastProcess.equals(process.name) ? TOKENS.decode(cookie) : new Session();
        DataPath<String, Long> numbers = process.numbers.in(session);
        String key = system.anyKey();
        try {
            if (system.random.nextInt(3) == 0) {
                write(process, numbers, key);
            } else {
                read(process, numbers, key, session);
            }
        } catch (TenfoldException failed) {
            system.failed(failed instanceof OutcomeUnknownException, failed instanceof LostWriteException);
            system.note(() -> name + "'s call on " + process.name + " failed: " + failed);
        }
        process.clock.sleep(system.network.delay());
        cookie = TOKENS.encode(session);
        lastProcess = process.name;
        system.took(began, process);
        wait(120);
    }

    private void write(AppProcess process, DataPath<String, Long> numbers, String key) {
        long number = system.history.next(key);
        system.note(() -> name + " writes " + key + " = " + number + " through " + process.name);
        numbers.put(key, number);
        if (!system.has(Guard.TRANSACTION)) {
            var unused = system.broker.publish(process.clock, process.name, Long.toString(number));
        }
        system.history.acknowledge(number);
        system.note(() -> name + " was told that " + key + " = " + number);
        check(key, number, "its own write");
        seen.put(key, new ArrayList<>(List.of(number)));
    }

    private void read(AppProcess process, DataPath<String, Long> numbers, String key, Session session) {
        String asking = session.toString();
        Long value = numbers.get(key);
        system.reads++;
        system.note(() -> name + " read " + key + " = " + value + " through " + process.name);
        check(key, value, "a read through " + process.name + " asking for " + asking);
        if (value != null) {
            List<Long> known = seen.computeIfAbsent(key, unseen -> new ArrayList<>());
            if (system.history.isAcknowledged(value)) {
                known.clear();
            }
            if (!known.contains(value)) {
                known.add(value);
            }
        }
    }

    private void check(String key, @Nullable Long value, String what) {
        for (long number : seen.getOrDefault(key, List.of())) {
            system.require(
                    !system.history.isAcknowledged(number) || system.history.shows(value, number),
                    () -> "(1) " + name + " knew " + key + " = " + number + ", and " + what + " shows " + value);
        }
    }
}
