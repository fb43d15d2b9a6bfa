package dev.tenfold.locality;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Chance;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Collects what {@link DataCentres} is made of. Not thread-safe.
 *
 * @param <T> the kind of target
 */
public final class DataCentresBuilder<T> {

    final String name;
    final List<Region<T>> regions = new ArrayList<>();
    double minimumHealthyShare = 0.5;
    double overprovisioning = 1.4;
    Duration gradualReturn = Duration.ofSeconds(30);
    Proximity proximity = Proximity.greatCircle();
    GeoResolver resolver = address -> Optional.empty();

    @Nullable
    Coordinates elsewhere;

    RandomGenerator random = Chance.perThread();
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();

    DataCentresBuilder(String name) {
        this.name = name;
    }

    /**
     * Adds a region.
     *
     * @param name unique among the regions
     * @param coordinates where it stands
     * @param balancer picks within it; remains the caller's to close
     * @return this builder
     */
    public DataCentresBuilder<T> region(String name, Coordinates coordinates, LoadBalancer<T> balancer) {
        regions.add(new Region<>(name, coordinates, balancer));
        return this;
    }

    /**
     * Sets the share of healthy endpoints below which a region is down.
     *
     * @param share above 0, at most 1; default 0.5
     * @return this builder
     */
    public DataCentresBuilder<T> minimumHealthyShare(double share) {
        minimumHealthyShare = share;
        return this;
    }

    /**
     * Sets how much a region can take beyond what its endpoints usually get: it takes all its clients as long as its healthy
     * share times this is at least 1, and less of them below.
     *
     * @param factor at least 1; default 1.4, so that a region spills over when fewer than 71 % of it are healthy
     * @return this builder
     */
    public DataCentresBuilder<T> overprovisioning(double factor) {
        overprovisioning = factor;
        return this;
    }

    /**
     * Sets how long a region takes to get all its clients back after it was down or drained; it begins with a tenth of them.
     *
     * @param window at least 0; default 30 s; 0 brings all back at once
     * @return this builder
     */
    public DataCentresBuilder<T> gradualReturn(Duration window) {
        gradualReturn = window;
        return this;
    }

    /**
     * Sets what "near" means.
     *
     * @param proximity default {@link Proximity#greatCircle()}
     * @return this builder
     */
    public DataCentresBuilder<T> proximity(Proximity proximity) {
        this.proximity = proximity;
        return this;
    }

    /**
     * Sets how clients are found by their address.
     *
     * @param resolver for {@link DataCentres#locate(java.net.InetAddress)}; by default it knows nobody
     * @return this builder
     */
    public DataCentresBuilder<T> resolver(GeoResolver resolver) {
        this.resolver = resolver;
        return this;
    }

    /**
     * Sets where clients count as being whose place is not known.
     *
     * @param coordinates default where the first region stands
     * @return this builder
     */
    public DataCentresBuilder<T> elsewhere(Coordinates coordinates) {
        elsewhere = coordinates;
        return this;
    }

    /**
     * Sets the source of chance.
     *
     * @param random thread-safe; default {@link Chance#perThread()}
     * @return this builder
     */
    public DataCentresBuilder<T> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Sets whom to tell of changes.
     *
     * @param observer default {@link Observer#slf4j()}
     * @return this builder
     */
    public DataCentresBuilder<T> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets the clock.
     *
     * @param time default {@link TimeSource#system()}
     * @return this builder
     */
    public DataCentresBuilder<T> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Builds the routing, which opens nothing and starts nothing.
     *
     * @return a routing between the regions
     * @throws dev.tenfold.error.InvalidConfigurationException with everything that is wrong
     */
    public DataCentres<T> build() {
        Validation check = Validation.of("data centres '" + name + "'");
        check.notEmpty("regions", regions, "call region(...)");
        Set<String> names = new HashSet<>();
        for (Region<T> region : regions) {
            check.require(names.add(region.name()), "region", region.name() + " twice", "unique names");
        }
        check.require(
                minimumHealthyShare > 0 && minimumHealthyShare <= 1,
                "minimumHealthyShare",
                minimumHealthyShare,
                "above 0, at most 1");
        check.require(
                overprovisioning >= 1 && overprovisioning < Double.POSITIVE_INFINITY,
                "overprovisioning",
                overprovisioning,
                ">= 1");
        check.require(
                !gradualReturn.isNegative() && gradualReturn.compareTo(Duration.ofDays(365)) <= 0,
                "gradualReturn",
                gradualReturn,
                "0 to 365 days");
        check.throwIfInvalid();
        return new DataCentres<>(this);
    }
}
