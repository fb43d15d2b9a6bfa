package dev.tenfold.balance;

import dev.tenfold.error.Validation;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Splits calls over named groups of endpoints in a given proportion, which may be changed at any time; within a group another
 * policy picks. For canaries, blue and green, and for taking a group out at once.
 *
 * <pre>{@code
 * TrafficSplit<URI> split = TrafficSplit.byTag("version", Map.of("stable", 95.0, "canary", 5.0), Policies.peakEwma());
 * LoadBalancer<URI> apps = LoadBalancer.<URI>builder("apps").endpoints(all).policy(split).build();
 * split.set(Map.of("stable", 100.0, "canary", 0.0));        // the next call sees it
 * }</pre>
 *
 * <p>The split is exact, not by chance: of {@code n} calls in a row on one thread each group gets its share of {@code n} give or
 * take a few (fewer than 1 + log2 n), evenly interleaved. Calls for a key stay in one group while the proportion is the same; when it
 * changes, only as many keys move as the shares did. With two groups the order of their names decides who is first.
 *
 * <p>A group in which nobody takes calls gives its share to the others, in proportion. Endpoints of no named group get no calls, and
 * groups whose share is 0 none either, unless there is nobody else.
 *
 * <p>Thread-safe. One split may serve several balancers, which then change together.
 *
 * @param <T> the kind of target
 */
public final class TrafficSplit<T> implements Policy<T> {

    /** The golden ratio of 2^64: its multiples are as evenly spread as those of any number, however many there are. */
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    private final Function<? super Endpoint<T>, String> group;
    private final Policy<T> within;
    private volatile Map<String, Double> shares;

    private TrafficSplit(Function<? super Endpoint<T>, String> group, Map<String, Double> shares, Policy<T> within) {
        this.group = group;
        this.within = within;
        this.shares = checked(shares);
    }

    /**
     * Groups endpoints by the value of a tag.
     *
     * @param <T> the kind of target
     * @param tag such as {@code "version"}
     * @param shares for each value of the tag, its share; finite and >= 0, not all 0, of any sum
     * @param within picks within a group
     * @return a policy
     * @throws dev.tenfold.error.InvalidConfigurationException with every share that is out of range
     */
    public static <T> TrafficSplit<T> byTag(String tag, Map<String, Double> shares, Policy<T> within) {
        return by(endpoint -> endpoint.tags().getOrDefault(tag, ""), shares, within);
    }

    /**
     * Groups endpoints by a function.
     *
     * @param <T> the kind of target
     * @param group names an endpoint's group; quick, and must not throw
     * @param shares for each group, its share; finite and >= 0, not all 0, of any sum
     * @param within picks within a group
     * @return a policy
     * @throws dev.tenfold.error.InvalidConfigurationException with every share that is out of range
     */
    public static <T> TrafficSplit<T> by(
            Function<? super Endpoint<T>, String> group, Map<String, Double> shares, Policy<T> within) {
        return new TrafficSplit<>(group, shares, within);
    }

    /**
     * Changes the proportion. Takes effect with the next call.
     *
     * @param shares for each group, its share; finite and >= 0, not all 0; a group that is not named gets none
     * @throws dev.tenfold.error.InvalidConfigurationException with every share that is out of range; nothing changed
     */
    public void set(Map<String, Double> shares) {
        this.shares = checked(shares);
    }

    /**
     * Returns the proportion.
     *
     * @return as it was set last
     */
    public Map<String, Double> shares() {
        return shares;
    }

    private static Map<String, Double> checked(Map<String, Double> shares) {
        Validation check = Validation.of("traffic split");
        double sum = 0;
        for (Map.Entry<String, Double> share : shares.entrySet()) {
            double value = share.getValue();
            check.require(
                    value >= 0 && value < Double.POSITIVE_INFINITY,
                    "share of '" + share.getKey() + "'",
                    value,
                    "finite and >= 0");
            sum += value;
        }
        check.require(sum > 0, "shares", shares, "at least one above 0");
        check.throwIfInvalid();
        Map<String, Double> sorted = new LinkedHashMap<>();
        shares.keySet().stream().sorted().forEach(name -> sorted.put(name, shares.get(name)));
        return Collections.unmodifiableMap(sorted);
    }

    @Override
    public Picker<T> over(Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous) {
        Map<String, Group<T>> groups = new LinkedHashMap<>();
        IdentityHashMap<Member<T>, Double> weights = new IdentityHashMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            weights.put(candidates.member(i), candidates.weight(i));
        }
        for (Member<T> member : candidates.everyone()) {
            groups.computeIfAbsent(group.apply(member.endpoint()), name -> new Group<>())
                    .add(member, weights.get(member));
        }
        Groups<T> before = previous instanceof Groups<T> same ? same : null;
        Map<String, Picker<T>> pickers = new LinkedHashMap<>();
        groups.forEach((name, chosen) -> {
            if (!chosen.members.isEmpty()) {
                pickers.put(
                        name,
                        within.over(chosen.candidates(), random, before == null ? null : before.pickers.get(name)));
            }
        });
        return new Groups<>(
                this,
                pickers,
                before == null ? new Turns() : before.turns,
                before == null ? random.nextLong() : before.start);
    }

    /** The members of one group while it is looked at. */
    private static final class Group<T> {

        private final List<Member<T>> everyone = new ArrayList<>();
        private final List<Member<T>> members = new ArrayList<>();
        private final List<Double> weights = new ArrayList<>();

        void add(Member<T> member, @Nullable Double weight) {
            everyone.add(member);
            if (weight != null) {
                members.add(member);
                weights.add(weight);
            }
        }

        Candidates<T> candidates() {
            return new Candidates<>(
                    members, weights.stream().mapToDouble(weight -> weight).toArray(), everyone);
        }
    }

    /**
     * Walks one sequence for each {@link Turns}: turn {@code t} falls on the fraction of {@code t x golden ratio} (H. Weyl's
     * sequence, of the lowest discrepancy of its kind), and the group whose part of [0, 1) that is takes the call.
     *
     * <p><b>Invariant:</b> a plan belongs to the shares it was made from. <b>Writers:</b> any thread that finds the shares changed;
     * plans of the same shares are the same.
     */
    private static final class Groups<T> implements Picker<T> {

        private final TrafficSplit<T> split;
        private final Map<String, Picker<T>> pickers;
        private final Turns turns;
        private final long start;
        private volatile Plan<T> plan;

        Groups(TrafficSplit<T> split, Map<String, Picker<T>> pickers, Turns turns, long start) {
            this.split = split;
            this.pickers = pickers;
            this.turns = turns;
            this.start = start;
            this.plan = Plan.of(split.shares, pickers);
        }

        private Plan<T> plan() {
            Plan<T> now = plan;
            Map<String, Double> shares = split.shares;
            if (now.shares != shares) {
                now = Plan.of(shares, pickers);
                plan = now;
            }
            return now;
        }

        @Override
        public Member<T> pick() {
            return plan().at(start + turns.next(turns.stripe()) * GOLDEN).pick();
        }

        @Override
        public Member<T> pick(long keyHash) {
            return plan().at(Mix.of(keyHash)).pick(keyHash);
        }
    }

    /**
     * Which part of the unsigned numbers of 64 bits is whose.
     *
     * @param shares what it was made from
     * @param pickers of the groups that get calls
     * @param ends where each part ends, less the last, which has no end; as signed numbers
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Plan<T>(Map<String, Double> shares, List<Picker<T>> pickers, long[] ends) {

        static <T> Plan<T> of(Map<String, Double> shares, Map<String, Picker<T>> present) {
            List<Picker<T>> pickers = new ArrayList<>();
            List<Double> parts = new ArrayList<>();
            double largest = 0;
            for (Map.Entry<String, Double> share : shares.entrySet()) {
                Picker<T> picker = present.get(share.getKey());
                if (picker != null && share.getValue() > 0) {
                    pickers.add(picker);
                    parts.add(share.getValue());
                    largest = Math.max(largest, share.getValue());
                }
            }
            if (pickers.isEmpty()) {
                // Nobody who is to get calls can: better to those who were not than to nobody.
                pickers.addAll(present.values());
                parts.addAll(Collections.nCopies(pickers.size(), 1.0));
                largest = 1;
            }
            double sum = 0;
            for (double part : parts) {
                sum += part / largest;
            }
            long[] ends = new long[pickers.size() - 1];
            double end = 0;
            for (int i = 0; i < ends.length; i++) {
                end += parts.get(i) / largest / sum;
                // To the range of signed numbers, whose order the processor knows.
                ends[i] = (long) ((end - 0.5) * 0x1p64);
            }
            return new Plan<>(shares, pickers, ends);
        }

        Picker<T> at(long unsigned) {
            long place = unsigned ^ Long.MIN_VALUE;
            int group = 0;
            while (group < ends.length && place >= ends[group]) {
                group++;
            }
            return pickers.get(group);
        }
    }
}
