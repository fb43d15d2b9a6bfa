package dev.tenfold.balance;

import dev.tenfold.error.Validation;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Picks by what servers say when they are asked, and asks them all the time: B. Wydrowski, R. Kleinberg, S. M. Rumble, A. Archer,
 * "Load is not what you should balance: Introducing Prequal", NSDI 2024.
 *
 * <p>Many clients of many servers know too little from their own calls: with 100 of each, a client has one call in some seconds with
 * a server. So each pick sends a few probes, to servers drawn by chance, and never waits for them. What they answer, calls in
 * flight and latency, goes into a pool of 16, where the next picks find it. A server is <em>hot</em> if its calls in flight exceed
 * most of what was heard lately. The quickest of those that are not is picked; if all are hot, the one with the fewest calls in flight.
 *
 * <p>An answer is used a few times only, {@code max(1, (1 + delta) / ((1 - pool / endpoints) x probes - removed))}, counts the calls
 * that were sent because of it, and is dropped after a second. In addition each pick drops one, the oldest and the worst in turn. With
 * fewer than two answers the pick is by chance.
 *
 * <pre>{@code
 * Policy<URI> policy = Prequal.probing((URI server) -> http.sendAsync(load(server), ofString()).thenApply(this::parse)).build();
 * }</pre>
 *
 * <p>Weights and warming up are honoured in who is probed and by how much calls in flight count. An endpoint whose calls fail counts
 * as slower and fuller by the attempts that a success takes, so that a quick failure attracts nobody.
 *
 * <p><b>Cost:</b> a scan of 16 answers for a pick, about 150 ns, without allocation; a probe costs what the function costs and one
 * task of the executor. Immutable but for its counters; one may serve many balancers.
 *
 * @param <T> the kind of target
 */
public final class Prequal<T> implements Policy<T>, Measured {

    private final @Nullable Function<? super T, ? extends CompletionStage<ServerLoad>> probe;
    private final Executor executor;
    private final int poolSize;
    private final double probesPerCall;
    private final double removedPerCall;
    private final double hotQuantile;
    private final Duration maximumAge;
    private final LongAdder sent = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final List<Measurement> measurements;

    private Prequal(Builder<T> from) {
        probe = from.probe;
        executor = from.executor;
        poolSize = from.poolSize;
        probesPerCall = from.probe == null ? 0 : from.probesPerCall;
        removedPerCall = from.probe == null ? 0 : from.removedPerCall;
        hotQuantile = from.hotQuantile;
        maximumAge = from.maximumAge;
        measurements = List.of(
                Measurement.counter("tenfold.balancer.probes", "probes sent", Map.of(), sent::sum),
                Measurement.counter(
                        "tenfold.balancer.probe_failures",
                        "probes that failed or were refused",
                        Map.of(),
                        failed::sum));
    }

    /**
     * Asks by a function.
     *
     * @param <T> the kind of target
     * @param probe asks a server for its calls in flight and latency; thread-safe. Its stage must complete in the end: there is at
     *     most one probe at a time for each endpoint, so one that hangs is not asked again
     * @return a builder
     */
    public static <T> Builder<T> probing(Function<? super T, ? extends CompletionStage<ServerLoad>> probe) {
        return new Builder<>(probe);
    }

    /**
     * Asks nobody, and uses what {@link Member#reportLoad} is told. For servers that send their load with each answer, and clients
     * that have several calls a second with most of them.
     *
     * @param <T> the kind of target
     * @return a builder, in which probes and removal have no effect
     */
    public static <T> Builder<T> reported() {
        return new Builder<>(null);
    }

    @Override
    public Picker<T> over(Candidates<T> candidates, RandomGenerator random, @Nullable Picker<T> previous) {
        ProbePool<T> pool = previous instanceof PrequalPicker<T> before && before.policy() == this
                ? before.pool()
                : new ProbePool<>(poolSize, hotQuantile);
        return new PrequalPicker<>(this, candidates, random, pool);
    }

    /** Asks a server, never throwing; the answer, or null for a failure, goes to {@code then}. */
    void ask(T target, Answer then) {
        Function<? super T, ? extends CompletionStage<ServerLoad>> function = probe;
        if (function == null) {
            return;
        }
        sent.increment();
        try {
            executor.execute(() -> {
                CompletionStage<ServerLoad> stage;
                try {
                    stage = function.apply(target);
                } catch (RuntimeException broken) {
                    answered(null, then);
                    return;
                }
                stage.whenComplete((load, failure) -> answered(load, then));
            });
        } catch (RuntimeException refused) {
            answered(null, then);
        }
    }

    private void answered(@Nullable ServerLoad load, Answer then) {
        if (load == null) {
            failed.increment();
        }
        then.answered(load);
    }

    /** Takes an answer, or null for a failure. */
    @FunctionalInterface
    interface Answer {
        void answered(@Nullable ServerLoad load);
    }

    /** How often an answer may be used among so many endpoints, with fractions. */
    double reuse(int endpoints) {
        return reuse(Math.min(poolSize, endpoints), endpoints, probesPerCall, removedPerCall);
    }

    static double reuse(int pool, int endpoints, double probes, double removed) {
        // Where no more answers come in than are dropped, only age ends an answer.
        double surplus = (1 - (double) pool / endpoints) * probes - removed;
        return surplus <= 0 ? Integer.MAX_VALUE : Math.max(1, 2 / surplus);
    }

    /**
     * Returns how many answers are kept.
     *
     * @return at least 2
     */
    public int poolSize() {
        return poolSize;
    }

    /**
     * Returns how many probes each pick sends.
     *
     * @return at least 0; 0 where none are sent
     */
    public double probesPerCall() {
        return probesPerCall;
    }

    /**
     * Returns how many answers each pick drops.
     *
     * @return at least 0
     */
    public double removedPerCall() {
        return removedPerCall;
    }

    /**
     * Returns up to which quantile of calls in flight a server is not hot.
     *
     * @return 0 to 1
     */
    public double hotQuantile() {
        return hotQuantile;
    }

    /**
     * Returns how long an answer counts.
     *
     * @return above zero
     */
    public Duration maximumAge() {
        return maximumAge;
    }

    @Override
    public List<Measurement> measurements() {
        return measurements;
    }

    @Override
    public String toString() {
        return "Prequal[pool " + poolSize + ", probes " + probesPerCall + ", removed " + removedPerCall + ", hot above "
                + hotQuantile + "]";
    }

    /**
     * Collects the parameters, which are the paper's unless set. Not thread-safe.
     *
     * @param <T> the kind of target
     */
    public static final class Builder<T> {

        private final @Nullable Function<? super T, ? extends CompletionStage<ServerLoad>> probe;
        private Executor executor = Runnable::run;
        private int poolSize = 16;
        private double probesPerCall = 3;
        private double removedPerCall = 1;
        private double hotQuantile = Math.pow(2, -0.25);
        private Duration maximumAge = Duration.ofSeconds(1);

        private Builder(@Nullable Function<? super T, ? extends CompletionStage<ServerLoad>> probe) {
            this.probe = probe;
        }

        /**
         * Sets what calls the probe function.
         *
         * @param executor default the thread that picks, which suits a function that only starts something; it may refuse, and
         *     then the probe counts as failed
         * @return this builder
         */
        public Builder<T> executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /**
         * Sets how many answers are kept.
         *
         * @param size 2 to 256; default 16. Picks scan them all
         * @return this builder
         */
        public Builder<T> poolSize(int size) {
            poolSize = size;
            return this;
        }

        /**
         * Sets how many probes each pick sends.
         *
         * @param probes 0 to 16, fractions by chance; default 3. Below 1 the answers are too few
         * @return this builder
         */
        public Builder<T> probesPerCall(double probes) {
            probesPerCall = probes;
            return this;
        }

        /**
         * Sets how many answers each pick drops, besides those that are used up or too old.
         *
         * @param removed 0 to 16, fractions by chance; default 1
         * @return this builder
         */
        public Builder<T> removedPerCall(double removed) {
            removedPerCall = removed;
            return this;
        }

        /**
         * Sets from which quantile of calls in flight on a server is hot.
         *
         * @param quantile 0 (calls in flight alone decide) to 1 (latency alone does); default 2^-0.25, that is 0.84
         * @return this builder
         */
        public Builder<T> hotQuantile(double quantile) {
            hotQuantile = quantile;
            return this;
        }

        /**
         * Sets how long an answer counts.
         *
         * @param age above zero; default 1 second
         * @return this builder
         */
        public Builder<T> maximumAge(Duration age) {
            maximumAge = age;
            return this;
        }

        /**
         * Builds the policy.
         *
         * @return a policy
         * @throws dev.tenfold.error.InvalidConfigurationException with everything that is wrong
         */
        public Prequal<T> build() {
            Validation check = Validation.of("Prequal");
            check.between("poolSize", poolSize, 2, 256);
            check.between("probesPerCall", probesPerCall, 0, 16);
            check.between("removedPerCall", removedPerCall, 0, 16);
            check.between("hotQuantile", hotQuantile, 0, 1);
            check.positive("maximumAge", maximumAge);
            check.throwIfInvalid();
            return new Prequal<>(this);
        }
    }
}
