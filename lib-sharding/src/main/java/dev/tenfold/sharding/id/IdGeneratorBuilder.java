package dev.tenfold.sharding.id;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Puts an {@link IdGenerator} together. Not thread-safe. */
public final class IdGeneratorBuilder {

    /** How far ids may be ahead of the clock unless changed. */
    public static final Duration DEFAULT_MAX_AHEAD = Duration.ofSeconds(10);

    /** How long a node is claimed for at a time unless changed. */
    public static final Duration DEFAULT_WINDOW = Duration.ofMinutes(10);

    private static final Duration LONGEST = Duration.ofDays(1);

    private static final int NO_NODE = -1;

    final IdLayout layout;
    String name = "ids";
    int node = NO_NODE;
    Duration maxAhead = DEFAULT_MAX_AHEAD;
    Duration window = DEFAULT_WINDOW;
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();
    Scheduler scheduler = Scheduler.shared(Runnable::run);
    private @Nullable VersionedRegister<NodeClaims> register;
    private boolean scheduled;
    private String holder = "";

    IdGeneratorBuilder(IdLayout layout) {
        this.layout = layout;
    }

    /**
     * Names this generator in events, measurements and errors.
     *
     * @param name default {@code "ids"}
     * @return this
     */
    public IdGeneratorBuilder name(String name) {
        this.name = name;
        return this;
    }

    /**
     * Sets the node's number, where something else makes sure that no two processes have the same: the ordinal of a replica,
     * or a logical shard that only one process writes to. Whoever starts with a number must have a clock that is past the
     * last id made with it; {@link #nodesFrom} makes sure of that too.
     *
     * @param node 0 to {@link IdLayout#nodes()} - 1
     * @return this
     */
    public IdGeneratorBuilder node(int node) {
        this.node = node;
        return this;
    }

    /**
     * Takes the node's number from a register that all processes share, and keeps it for as long as this process lives.
     * Two processes never make the same id, however their clocks differ and however long one was taken for dead.
     *
     * @param claims holds who has which node; its codec is {@link NodeClaims#codec()}. Not closed with the generator
     * @return this
     */
    public IdGeneratorBuilder nodesFrom(VersionedRegister<NodeClaims> claims) {
        this.register = claims;
        return this;
    }

    /**
     * Sets what renews the claim, three times within its window.
     *
     * @param scheduler one whose tasks may block on the register, such as {@link Scheduler#start}
     * @return this
     */
    public IdGeneratorBuilder scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.scheduled = true;
        return this;
    }

    /**
     * Says who this is, for people who read the register.
     *
     * @param holder such as the host's name; default the generator's name
     * @return this
     */
    public IdGeneratorBuilder holder(String holder) {
        this.holder = holder;
        return this;
    }

    /**
     * Sets how far ids may be ahead of the clock: after it went back, or in a burst.
     *
     * @param ahead above zero, at most one day; default 10 s
     * @return this
     */
    public IdGeneratorBuilder maxAhead(Duration ahead) {
        this.maxAhead = ahead;
        return this;
    }

    /**
     * Sets how long a node is claimed for at a time: how long ids can be made while the register cannot be reached, and how
     * long the node of a process that died is not free.
     *
     * @param window at least 1 s, at most one day; default 10 min
     * @return this
     */
    public IdGeneratorBuilder window(Duration window) {
        this.window = window;
        return this;
    }

    /**
     * Sets who is told of lost and unrenewed claims.
     *
     * @param observer default {@link Observer#slf4j()}
     * @return this
     */
    public IdGeneratorBuilder observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets the clocks.
     *
     * @param time default {@link TimeSource#system()}
     * @return this
     */
    public IdGeneratorBuilder time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Claims a node, where there is a register, and begins to renew it.
     *
     * @return a generator to be closed
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     * @throws dev.tenfold.error.UnavailableException if the register cannot be reached
     * @throws dev.tenfold.error.OverloadedException if all nodes are taken
     * @throws IllegalStateException if the register's ids have another layout
     */
    public IdGenerator open() {
        Validation check = Validation.of("ids '" + name + "'");
        if (register == null) {
            check.require(
                    node >= 0 && node < layout.nodes(),
                    "node",
                    node,
                    "0 to " + (layout.nodes() - 1) + "; call node(...) or nodesFrom(...)");
        } else {
            check.require(node == NO_NODE, "node", node, "none with nodesFrom(...)");
            check.require(scheduled, "scheduler", null, "one with nodesFrom(...); call scheduler(...)");
            check.require(
                    window.compareTo(Duration.ofSeconds(1)) >= 0 && window.compareTo(LONGEST) <= 0,
                    "window",
                    window,
                    "1 s to 1 day");
        }
        check.require(
                maxAhead.toMillis() >= 1 && maxAhead.compareTo(LONGEST) <= 0, "maxAhead", maxAhead, "1 ms to 1 day");
        check.throwIfInvalid();
        String who = holder.isEmpty() ? name : holder;
        return new IdGenerator(this, register == null ? null : new NodeKeeper(register, layout, who, window)).start();
    }
}
