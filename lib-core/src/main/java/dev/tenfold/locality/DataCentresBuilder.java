package dev.tenfold.locality;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Collects what {@link DataCentres} is made of. Not thread-safe.
 *
 * @param <T> the kind of target
 */
public final class DataCentresBuilder<T> {

    final String name;
    final List<Region<T>> regions = new ArrayList<>();
    double minimumHealthyShare = 0.5;
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
        check.throwIfInvalid();
        return new DataCentres<>(this);
    }
}
