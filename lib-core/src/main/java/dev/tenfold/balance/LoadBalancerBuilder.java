package dev.tenfold.balance;

import dev.tenfold.discovery.Discovery;
import dev.tenfold.error.Validation;
import dev.tenfold.health.CheckSchedule;
import dev.tenfold.health.HealthCheck;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Outcomes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a {@link LoadBalancer} is made of. Not thread-safe.
 *
 * @param <T> the kind of target
 */
public final class LoadBalancerBuilder<T> {

    final String name;
    List<Endpoint<T>> endpoints = List.of();
    Policy<T> policy = Policies.peakEwma();
    HealthPolicy health = HealthPolicy.defaults();
    double panicThreshold = 0.5;
    int maximumInFlight;
    int maximumInFlightOfPool;
    Function<? super Throwable, Outcome> classifier = Outcomes::of;
    Backoff retries = Backoff.fixed(Duration.ZERO);

    @Nullable
    RetryBudget retryBudget;

    RetryBudget hedgeBudget = RetryBudget.of(0.1, 10);
    double hedgeQuantile = 0.95;

    @Nullable
    Duration attemptTimeout;

    @Nullable
    Executor hedgeExecutor;

    @Nullable
    Function<Object, @Nullable ServerLoad> serverLoad;

    @Nullable
    Scheduler scheduler;

    @Nullable
    HealthCheck<? super T> healthCheck;

    @Nullable
    CheckSchedule checkSchedule;

    @Nullable
    Discovery<T> discovery;

    Executor executor = ForkJoinPool.commonPool();
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();
    RandomGenerator random = Chance.perThread();

    LoadBalancerBuilder(String name) {
        this.name = name;
    }

    /**
     * Sets the endpoints, each named by its target's text.
     *
     * @param targets what calls are made on; replaces what was set before
     * @return this builder
     */
    @SafeVarargs
    public final LoadBalancerBuilder<T> endpoints(T... targets) {
        List<Endpoint<T>> named = new ArrayList<>(targets.length);
        for (T target : targets) {
            named.add(Endpoint.of(target));
        }
        return endpoints(named);
    }

    /**
     * Sets the endpoints.
     *
     * @param endpoints who takes calls, with unique ids; may be empty until the first {@link LoadBalancer#update}; replaces
     *     what was set before
     * @return this builder
     */
    public LoadBalancerBuilder<T> endpoints(Collection<Endpoint<T>> endpoints) {
        this.endpoints = List.copyOf(endpoints);
        return this;
    }

    /**
     * Sets the rule by which endpoints are picked.
     *
     * @param policy such as {@link Policies#roundRobin()}; default {@link Policies#peakEwma()}
     * @return this builder
     */
    public LoadBalancerBuilder<T> policy(Policy<T> policy) {
        this.policy = policy;
        return this;
    }

    /**
     * Sets when endpoints are taken out and how they come back.
     *
     * @param health default {@link HealthPolicy#defaults()}
     * @return this builder
     */
    public LoadBalancerBuilder<T> health(HealthPolicy health) {
        this.health = health;
        return this;
    }

    /**
     * Checks each endpoint again and again, whatever its state. An ejected endpoint then comes back only once checks have
     * passed: {@link HealthPolicy#returnsByChecks()}. Needs {@link #start()}.
     *
     * @param check such as {@code HealthChecks.http("/health")}
     * @param interval the mean pause between two checks of an endpoint, > 0
     * @return this builder
     * @throws dev.tenfold.error.InvalidConfigurationException if the interval is out of its range
     */
    public LoadBalancerBuilder<T> healthCheck(HealthCheck<? super T> check, Duration interval) {
        return healthCheck(check, CheckSchedule.every(interval));
    }

    /**
     * Checks each endpoint again and again, as {@link #healthCheck(HealthCheck, Duration)} does.
     *
     * @param check such as {@code HealthChecks.http("/health")}
     * @param schedule how often, how long, and how many at once
     * @return this builder
     */
    public LoadBalancerBuilder<T> healthCheck(HealthCheck<? super T> check, CheckSchedule schedule) {
        this.healthCheck = check;
        this.checkSchedule = schedule;
        return this;
    }

    /**
     * Takes the endpoints from a discovery, which replaces the {@link #endpoints(Collection) endpoints} set here with the first
     * that it finds. Needs {@link #start()}.
     *
     * @param discovery such as {@code Discoveries.polling(registry::nodes, ofSeconds(5))}
     * @return this builder
     */
    public LoadBalancerBuilder<T> discover(Discovery<T> discovery) {
        this.discovery = discovery;
        return this;
    }

    /**
     * Takes the endpoints from a discovery of targets of another kind.
     *
     * @param <S> the kind of target that is discovered
     * @param discovery such as {@code Dns.srv("_api._tcp.internal")}
     * @param target makes what to call of what was found, once for each endpoint that is new or changed
     * @return this builder
     */
    public <S> LoadBalancerBuilder<T> discover(
            Discovery<S> discovery, Function<? super Endpoint<S>, ? extends T> target) {
        return discover(discovery.map(target));
    }

    /**
     * Sets what runs a discovery's look-ups, which may block.
     *
     * @param executor the caller's own; default {@link ForkJoinPool#commonPool()}
     * @return this builder
     */
    public LoadBalancerBuilder<T> executor(Executor executor) {
        this.executor = executor;
        return this;
    }

    /**
     * Sets below which share of endpoints that take calls the balancer stops trusting what it knows of their health and picks
     * among all that are not drained: better a few calls lost than the rest overrun, or none tried.
     *
     * @param share 0 (never) to 1; default 0.5
     * @return this builder
     */
    public LoadBalancerBuilder<T> panicThreshold(double share) {
        panicThreshold = share;
        return this;
    }

    /**
     * Sets how many calls may be in flight on one endpoint: one that has as many is not picked, and where all have, picks fail
     * with {@link dev.tenfold.error.OverloadedException}. Exact.
     *
     * @param calls per endpoint, 0 to 16,777,215; 0 is no limit, the default
     * @return this builder
     */
    public LoadBalancerBuilder<T> maximumInFlight(int calls) {
        maximumInFlight = calls;
        return this;
    }

    /**
     * Sets how many calls may be in flight on all endpoints together; what is more fails at once with {@link
     * dev.tenfold.error.OverloadedException}. Exact, and so all picks write one counter, which slows threads that pick at
     * once.
     *
     * @param calls >= 0; 0 is no limit, the default
     * @return this builder
     */
    public LoadBalancerBuilder<T> maximumInFlightOfPool(int calls) {
        maximumInFlightOfPool = calls;
        return this;
    }

    /**
     * Sets how calls are judged by what they throw.
     *
     * @param classifier thread-safe; default {@link Outcomes#of}
     * @return this builder
     */
    public LoadBalancerBuilder<T> classifier(Function<? super Throwable, Outcome> classifier) {
        this.classifier = classifier;
        return this;
    }

    /**
     * Sets how to read from an answer what its server says of its own load, such as in a header, for the policies that use it.
     *
     * @param reader is given each answer of a call that is not null, and returns null where it says nothing of load; thread-safe.
     *     Default none; with {@link LoadBalancer#select()}, use {@link LoadBalancer#reportLoad}
     * @return this builder
     */
    public LoadBalancerBuilder<T> serverLoad(Function<Object, @Nullable ServerLoad> reader) {
        serverLoad = reader;
        return this;
    }

    /**
     * Sets how often and after what delay {@link LoadBalancer#idempotent()} tries again, each time on an endpoint that has
     * not failed this call.
     *
     * @param retries default 3 attempts without delay, since another endpoint needs no time to recover
     * @return this builder
     */
    public LoadBalancerBuilder<T> retries(Backoff retries) {
        this.retries = retries;
        return this;
    }

    /**
     * Sets what bounds the retries of all calls together. Balancers may share one.
     *
     * @param budget default {@link RetryBudget#standard()} of its own
     * @return this builder
     */
    public LoadBalancerBuilder<T> retryBudget(RetryBudget budget) {
        retryBudget = budget;
        return this;
    }

    /**
     * Sets how long one attempt of a call may take, so that an endpoint that hangs does not spend the whole deadline of the
     * call. An asynchronous attempt is cancelled then and fails with a {@link
     * dev.tenfold.error.DeadlineExceededException}; a synchronous one is told ({@link Caller.TimedCall}).
     *
     * @param timeout above zero; default none but the call's own deadline
     * @return this builder
     */
    public LoadBalancerBuilder<T> attemptTimeout(Duration timeout) {
        attemptTimeout = timeout;
        return this;
    }

    /**
     * Sets after which part of the recent latencies {@link Caller.Idempotent#hedged()} hedges.
     *
     * @param quantile at least 0.5, below 1; default 0.95, so that about one call in twenty is hedged
     * @return this builder
     */
    public LoadBalancerBuilder<T> hedgeQuantile(double quantile) {
        hedgeQuantile = quantile;
        return this;
    }

    /**
     * Sets what bounds the hedges of all calls together. Balancers may share one.
     *
     * @param budget default 0.1 hedges per success and 10 in reserve
     * @return this builder
     */
    public LoadBalancerBuilder<T> hedgeBudget(RetryBudget budget) {
        hedgeBudget = budget;
        return this;
    }

    /**
     * Sets what waits out the delays between attempts, the deadlines of asynchronous calls and the delays of hedges.
     *
     * @param scheduler the caller's own, on the same clock as {@link #time}; default the JDK's timer with its common pool
     *     ({@link Scheduler#shared}), which starts nothing
     * @return this builder
     */
    public LoadBalancerBuilder<T> scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets what runs the attempts of synchronous calls that are hedged.
     *
     * @param executor the caller's own, such as one virtual thread per task; one that is full lets hedges be, and fails
     *     a call with its {@link java.util.concurrent.RejectedExecutionException}. Default none: such calls fail with an
     *     {@link IllegalStateException}
     * @return this builder
     */
    public LoadBalancerBuilder<T> hedgeExecutor(Executor executor) {
        hedgeExecutor = executor;
        return this;
    }

    /**
     * Sets whom to tell of changes.
     *
     * @param observer default {@link Observer#slf4j()}
     * @return this builder
     */
    public LoadBalancerBuilder<T> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets the clock.
     *
     * @param time default {@link TimeSource#system()}
     * @return this builder
     */
    public LoadBalancerBuilder<T> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Sets the source of chance.
     *
     * @param random thread-safe; default {@link Chance#perThread()}
     * @return this builder
     */
    public LoadBalancerBuilder<T> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Builds the balancer, which opens nothing and starts nothing.
     *
     * @return a balancer over the endpoints set
     * @throws dev.tenfold.error.InvalidConfigurationException with everything that is wrong, a health check or a discovery among
     *     it: they need {@link #start()}
     */
    public LoadBalancer<T> build() {
        Validation check = Settings.check(this);
        check.require(
                healthCheck == null, "healthCheck", healthCheck, "start() instead of build(), which starts nothing");
        check.require(discovery == null, "discover", discovery, "start() instead of build(), which starts nothing");
        check.throwIfInvalid();
        return new LoadBalancer<>(this);
    }

    /**
     * Builds the balancer and starts its checks and its discovery, until {@link LoadBalancer#close()}. Without a {@link
     * #scheduler} it starts one daemon thread for them. It does not wait for the first endpoints to be discovered: until then
     * those set here take the calls.
     *
     * @return a balancer at work
     * @throws dev.tenfold.error.InvalidConfigurationException with everything that is wrong
     */
    public LoadBalancer<T> start() {
        Settings.check(this).throwIfInvalid();
        LoadBalancer<T> balancer = new LoadBalancer<>(this);
        Background.start(balancer, this);
        return balancer;
    }

    /** What ends waits: the caller's own, or else the JDK's timer, whose tasks then run on the common pool. */
    Scheduler timer() {
        return scheduler != null ? scheduler : Scheduler.shared(ForkJoinPool.commonPool());
    }
}
