package dev.tenfold.sharding.reshard;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardRoute;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The guards of a {@link MemoryShardStore}: writers share a slot until they end, and who changes what a slot does waits for
 * them, as with {@code FOR SHARE} and {@code UPDATE} in a database.
 *
 * <p><b>Invariant:</b> a slot changes while no writer is in it. <b>Writers and readers:</b> whoever holds {@code lock}, which
 * every method here expects; {@link #exclusively} and {@link #enter} give it up while they wait.
 */
final class MemorySlots {

    /** What the shard does with one slot. */
    static final class Guard {
        SlotState state;
        long epoch;
        String peer = "";
        boolean captured;

        @Nullable
        Cursor cursor;

        int writers;

        Guard(SlotState state, long epoch) {
            this.state = state;
            this.epoch = epoch;
        }
    }

    final ReentrantLock lock = new ReentrantLock();
    final TreeMap<Integer, Guard> guards = new TreeMap<>();
    private final Map<Integer, Long> tokens = new HashMap<>();
    private final Condition changed = lock.newCondition();
    private final String shard;
    /** How many wait to change a slot; writers queue behind them. */
    private int waiting;

    MemorySlots(String shard) {
        this.shard = shard;
    }

    long token(int[] slots) {
        long highest = 0;
        for (int slot : slots) {
            highest = Math.max(highest, tokens.getOrDefault(slot, 0L));
        }
        return highest;
    }

    void claim(int[] slots, long token) {
        boolean repeated = true;
        for (int slot : slots) {
            repeated &= tokens.getOrDefault(slot, 0L) == token;
        }
        long highest = token(slots);
        if (!repeated && highest >= token) {
            throw refusal(slots, "claimed by another mover", token, highest + 1);
        }
        for (int slot : slots) {
            tokens.put(slot, token);
        }
    }

    void requireToken(int[] slots, long token) {
        for (int slot : slots) {
            long held = tokens.getOrDefault(slot, 0L);
            if (held != token) {
                throw refusal(slots, "claimed by another mover", token, Math.max(held, token + 1));
            }
        }
    }

    /** Every slot is here and fits. */
    void require(int[] slots, long token, Predicate<Guard> fits, String problem) {
        for (int slot : slots) {
            Guard guard = guards.get(slot);
            if (guard == null || !fits.test(guard)) {
                throw refusal(slots, problem, token, token + 1);
            }
        }
    }

    void requireNotOwned(int[] slots, long token) {
        for (int slot : slots) {
            Guard guard = guards.get(slot);
            if (guard != null && guard.state == SlotState.OWNER) {
                throw refusal(slots, "owned here", token, token + 1);
            }
        }
    }

    /** Returns once no writer is in the slots, which none can enter before the lock is given up; or false. */
    boolean exclusively(int[] slots, Duration wait) {
        long left = wait.toNanos();
        waiting++;
        try {
            while (!free(slots)) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            waiting--;
            changed.signalAll();
        }
    }

    private boolean free(int[] slots) {
        for (int slot : slots) {
            Guard guard = guards.get(slot);
            if (guard != null && guard.writers > 0) {
                return false;
            }
        }
        return true;
    }

    /** Lets a writer into a slot, behind whoever waits to change any. */
    Guard enter(ShardRoute route) {
        while (waiting > 0) {
            changed.awaitUninterruptibly();
        }
        Guard guard = check(route);
        guard.writers++;
        return guard;
    }

    void leave(Guard guard) {
        guard.writers--;
        changed.signalAll();
    }

    Guard check(ShardRoute route) {
        Guard guard = guards.get(route.slot());
        if (!route.shard().equals(shard)) {
            throw refusal(route, "was sought on shard " + shard, route.epoch() + 1);
        }
        if (guard == null) {
            throw refusal(route, "is not here", route.epoch() + 1);
        }
        if (guard.state != SlotState.OWNER) {
            throw refusal(route, "is " + guard.state, Math.max(guard.epoch, route.epoch() + 1));
        }
        if (route.epoch() < guard.epoch) {
            throw refusal(route, "changed", guard.epoch);
        }
        return guard;
    }

    private static StaleEpochException refusal(ShardRoute route, String why, long needed) {
        return new StaleEpochException(
                "slot " + route.slot() + " of shard " + route.shard() + " " + why, route.epoch(), needed);
    }

    private StaleEpochException refusal(int[] slots, String why, long token, long needed) {
        return new StaleEpochException(
                "move of " + slots.length + " slots from " + slots[0] + " on, " + why + " on shard " + shard,
                token,
                needed);
    }
}
