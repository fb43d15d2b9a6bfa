package dev.tenfold.balance;

import dev.tenfold.health.HealthState;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Levels of endpoints, the next used as far as those before it are short of healthy ones: Envoy's priority levels (Envoy
 * documentation, "Priority levels" and "Panic threshold").
 *
 * <pre>{@code
 * health(P) = min(1, overprovisioning * available(P) / all(P))
 * load(P)   = min(1 - load of the levels before it, health(P) / min(1, sum of health))
 * }</pre>
 *
 * <p>Available are the weights of the endpoints in good health; one that warms up counts for its share, so calls come back to a
 * level as it warms up, not at once. All are the weights of everybody in the level, drained ones included, since what was
 * drained is missing. While the levels together have health for all calls, none panics; otherwise a level of which less than
 * {@code panic} is available is picked from as a whole.
 */
record Priorities<T>(
        ToIntFunction<? super Endpoint<T>> level, Policy<T> within, double overprovisioning, double panicThreshold)
        implements Policy<T> {

    @Override
    public Picker<T> over(Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous) {
        SortedMap<Integer, Level<T>> levels = levels(candidates);
        List<Level<T>> all = new ArrayList<>(levels.values());
        double[] available = all.stream().mapToDouble(Level::available).toArray();
        double[] loads = loads(available, overprovisioning);
        boolean scarce = health(available, overprovisioning) < 1;
        Map<Integer, Picker<T>> pickers =
                new HashMap<>(previous instanceof Levels<T> before ? before.pickers : Map.of());
        List<Picker<T>> used = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        for (int i = 0; i < loads.length; i++) {
            Level<T> next = all.get(i);
            boolean panics = scarce && available[i] < panicThreshold;
            Candidates<T> chosen = next.candidates(panics);
            if (chosen.size() > 0 && loads[i] > 0) {
                Picker<T> made = within.over(chosen, random, pickers.get(next.number));
                pickers.put(next.number, made);
                used.add(made);
                weights.add(loads[i]);
            }
        }
        if (used.isEmpty()) {
            // Nobody is healthy anywhere: all that is to be had, in the first level that has any.
            for (Level<T> next : all) {
                Candidates<T> chosen = next.candidates(true);
                if (chosen.size() > 0) {
                    Picker<T> made = within.over(chosen, random, pickers.get(next.number));
                    pickers.put(next.number, made);
                    used.add(made);
                    weights.add(1.0);
                    break;
                }
            }
        }
        return new Levels<>(used, weights.stream().mapToDouble(w -> w).toArray(), pickers, random);
    }

    /** Which part of the calls each level gets, by which part of it is available. */
    static double[] loads(double[] available, double overprovisioning) {
        double health = Math.min(1, health(available, overprovisioning));
        double[] loads = new double[available.length];
        double left = 1;
        for (int i = 0; i < loads.length && health > 0; i++) {
            loads[i] = Math.min(left, Math.min(1, overprovisioning * available[i]) / health);
            left -= loads[i];
        }
        return loads;
    }

    private static double health(double[] available, double overprovisioning) {
        double sum = 0;
        for (double part : available) {
            sum += Math.min(1, overprovisioning * part);
        }
        // All that rounding may take away.
        return sum + 1e-12;
    }

    private SortedMap<Integer, Level<T>> levels(Candidates<T> candidates) {
        IdentityHashMap<Member<T>, Double> weights = new IdentityHashMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            weights.put(candidates.member(i), candidates.weight(i));
        }
        SortedMap<Integer, Level<T>> levels = new TreeMap<>();
        for (Member<T> member : candidates.everyone()) {
            levels.computeIfAbsent(level.applyAsInt(member.endpoint()), Level::new)
                    .add(member, weights.get(member));
        }
        return levels;
    }

    /** The members of one level while it is looked at. */
    private static final class Level<T> {

        private final int number;
        private final List<Member<T>> everyone = new ArrayList<>();
        private final List<Member<T>> present = new ArrayList<>();
        private final List<Double> presentWeights = new ArrayList<>();
        private final List<Member<T>> eligible = new ArrayList<>();
        private final List<Double> eligibleWeights = new ArrayList<>();
        private double good;
        private double all;

        Level(int number) {
            this.number = number;
        }

        void add(Member<T> member, @Nullable Double weight) {
            HealthState state = member.health().state();
            double full = member.endpoint().weight();
            everyone.add(member);
            all += full;
            if (state == HealthState.DRAINING) {
                return;
            }
            present.add(member);
            presentWeights.add(full);
            if (weight != null && state.takesCalls()) {
                eligible.add(member);
                eligibleWeights.add(weight);
                good += state.isTrusted() ? weight : 0;
            }
        }

        double available() {
            return Math.min(1, good / all);
        }

        Candidates<T> candidates(boolean panics) {
            return new Candidates<>(
                    panics ? present : eligible,
                    (panics ? presentWeights : eligibleWeights)
                            .stream().mapToDouble(weight -> weight).toArray(),
                    everyone);
        }
    }

    /** Draws the level by its load. */
    private static final class Levels<T> implements Picker<T> {

        private final List<Picker<T>> used;
        private final AliasTable table;
        private final Map<Integer, Picker<T>> pickers;
        private final RandomGenerator random;

        Levels(List<Picker<T>> used, double[] loads, Map<Integer, Picker<T>> pickers, RandomGenerator random) {
            this.used = List.copyOf(used);
            this.table = new AliasTable(loads);
            this.pickers = pickers;
            this.random = random;
        }

        private Picker<T> level(long bits) {
            return used.size() == 1 ? used.get(0) : used.get(table.draw(bits));
        }

        @Override
        public Member<T> pick() {
            return level(used.size() == 1 ? 0 : random.nextLong()).pick();
        }

        @Override
        public Member<T> pick(long keyHash) {
            // By the key, so that it finds the same level again; mixed, since the level below looks at the same bits.
            return level(Mix.of(keyHash)).pick(keyHash);
        }
    }
}
