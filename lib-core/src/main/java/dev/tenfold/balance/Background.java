package dev.tenfold.balance;

import dev.tenfold.discovery.Discovery;
import dev.tenfold.discovery.DiscoveryContext;
import dev.tenfold.health.CheckSchedule;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthCheck;
import dev.tenfold.health.HealthChecker;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.topology.Endpoint;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What goes on in a balancer that was started: its checks, and the discovery of its endpoints.
 *
 * <p>Thread-safe. Closing stops the discovery first, so that nobody joins whose checks would not be stopped.
 */
final class Background<T> implements Discovery.Listener<T>, AutoCloseable {

    private final LoadBalancer<T> balancer;
    private final @Nullable StartedScheduler own;
    private final @Nullable HealthChecker<T> checker;
    private final AtomicBoolean discoveryFails = new AtomicBoolean();
    private final AtomicBoolean checksStopped = new AtomicBoolean();
    private final DiscoveryContext context;
    private volatile Discovery.Watch watch = () -> {};
    private volatile boolean closed;

    private Background(LoadBalancer<T> balancer, LoadBalancerBuilder<T> from) {
        this.balancer = balancer;
        this.own = from.scheduler == null ? Scheduler.start("tenfold-balancer-" + from.name) : null;
        Scheduler scheduler = own != null ? own : Objects.requireNonNull(from.scheduler);
        this.context = new DiscoveryContext(scheduler, from.executor, from.random);
        HealthCheck<? super T> check = from.healthCheck;
        CheckSchedule schedule = from.checkSchedule;
        this.checker = check == null || schedule == null
                ? null
                : new HealthChecker<>(check, schedule, scheduler, from.random, this::checksStopped);
    }

    /** Starts what was configured; where no scheduler was given, a thread of its own, too. */
    static <T> void start(LoadBalancer<T> balancer, LoadBalancerBuilder<T> from) {
        Background<T> background = new Background<>(balancer, from);
        balancer.attach(background);
        Discovery<T> discovery = from.discovery;
        if (discovery != null) {
            background.discover(discovery);
        }
    }

    private void discover(Discovery<T> discovery) {
        try {
            watch = discovery.watch(this, context);
        } catch (RuntimeException | Error failure) {
            balancer.close();
            throw failure;
        }
        if (closed) {
            watch.close();
        }
    }

    /** Checks these members from now on. */
    void watch(Collection<Member<T>> members) {
        HealthChecker<T> checks = checker;
        if (checks != null) {
            Map<HealthCell, Supplier<T>> targets = new LinkedHashMap<>(members.size() * 2);
            members.forEach(member -> targets.put(member.cell(), member::target));
            checks.update(targets);
        }
    }

    @Override
    public void found(List<Endpoint<T>> endpoints) {
        if (closed) {
            return;
        }
        try {
            if (!endpoints.equals(balancer.topology().endpoints()) && !balancer.replace(endpoints)) {
                return;
            }
        } catch (IllegalArgumentException twice) {
            failed(twice);
            return;
        }
        if (discoveryFails.compareAndSet(true, false)) {
            balancer.tell("discovery.recovered", Level.INFO, endpoints.size() + " endpoints found again", Map.of());
        }
    }

    /** Told once until something is found again, however often it fails in between. */
    @Override
    public void failed(Throwable failure) {
        if (!closed && discoveryFails.compareAndSet(false, true)) {
            int known = balancer.topology().endpoints().size();
            String message = "the " + known + " endpoints known so far stay: " + failure;
            balancer.tell("discovery.failing", Level.WARNING, message, Map.of("endpoints", known, "failure", failure));
        }
    }

    private void checksStopped(RuntimeException refused) {
        if (!closed && checksStopped.compareAndSet(false, true)) {
            String message = "endpoints are checked no more, since the scheduler takes no task: " + refused;
            balancer.tell("checks.stopped", Level.ERROR, message, Map.of("failure", refused));
        }
    }

    @Override
    public void close() {
        closed = true;
        watch.close();
        if (checker != null) {
            checker.close();
        }
        if (own != null) {
            own.close();
        }
    }
}
