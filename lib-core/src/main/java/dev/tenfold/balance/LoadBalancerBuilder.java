package dev.tenfold.balance;

import dev.tenfold.error.Validation;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
    Function<? super Throwable, Outcome> classifier = Outcomes::of;
    Backoff retries = Backoff.fixed(Duration.ZERO);

    @Nullable
    RetryBudget retryBudget;

    @Nullable
    Scheduler scheduler;

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
     * Sets how often and after what delay {@link LoadBalancer#idempotent()} tries again, each time on an endpoint that has
     * not failed this call.
     *
     * @param retries default 3 attempts without delay, since another endpoint needs no time to recover; a delay needs a
     *     {@link #scheduler}
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
     * Sets what waits out the delays between attempts.
     *
     * @param scheduler the caller's own; needed only where {@link #retries} has delays
     * @return this builder
     */
    public LoadBalancerBuilder<T> scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
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
     * @throws dev.tenfold.error.InvalidConfigurationException with everything that is wrong
     */
    public LoadBalancer<T> build() {
        Validation check = Validation.of("load balancer '" + name + "'");
        check.require(!name.isEmpty(), "name", "''", "a non-empty name");
        Set<String> ids = new HashSet<>();
        for (Endpoint<T> endpoint : endpoints) {
            check.require(
                    ids.add(endpoint.id()),
                    "endpoint id",
                    endpoint.id() + " twice",
                    "unique ids; see Endpoint.of(id, target)");
        }
        check.between("panicThreshold", panicThreshold, 0, 1);
        check.require(
                scheduler != null || retries.maximum().isZero(),
                "retries",
                retries,
                "no delay without a scheduler; call scheduler(...)");
        check.throwIfInvalid();
        return new LoadBalancer<>(this);
    }
}
