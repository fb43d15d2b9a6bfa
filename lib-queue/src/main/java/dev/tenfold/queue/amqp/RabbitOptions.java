package dev.tenfold.queue.amqp;

import dev.tenfold.queue.Broker;
import dev.tenfold.queue.BrokerBuilder;
import java.time.Duration;
import java.util.Objects;

/** How a {@link RabbitBroker} behaves. Immutable: each setter returns a copy. */
public final class RabbitOptions {

    private static final RabbitOptions DEFAULTS = new RabbitOptions(
            Broker.builder(), false, 10_000, Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(1));

    private final BrokerBuilder broker;
    private final boolean quorum;
    private final int unconfirmed;
    private final Duration connectTimeout;
    private final Duration callTimeout;
    private final Duration recovery;

    private RabbitOptions(
            BrokerBuilder broker,
            boolean quorum,
            int unconfirmed,
            Duration connectTimeout,
            Duration callTimeout,
            Duration recovery) {
        this.broker = broker;
        this.quorum = quorum;
        this.unconfirmed = unconfirmed;
        this.connectTimeout = connectTimeout;
        this.callTimeout = callTimeout;
        this.recovery = recovery;
    }

    /**
     * Returns the options where none is set.
     *
     * @return the defaults
     */
    public static RabbitOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Brings the codecs, the executor, the observer and what else any broker is given.
     *
     * @param builder read when the broker connects
     * @return a copy
     */
    public RabbitOptions broker(BrokerBuilder builder) {
        return new RabbitOptions(
                Objects.requireNonNull(builder, "builder"), quorum, unconfirmed, connectTimeout, callTimeout, recovery);
    }

    /**
     * Declares quorum queues, which are replicated over the nodes of a cluster, instead of classic ones.
     *
     * @param quorum false unless set
     * @return a copy
     */
    public RabbitOptions quorumQueues(boolean quorum) {
        return new RabbitOptions(broker, quorum, unconfirmed, connectTimeout, callTimeout, recovery);
    }

    /**
     * Bounds the messages that are published and not confirmed yet; more make their publishers wait.
     *
     * @param messages at least 1; 10,000 unless set
     * @return a copy
     */
    public RabbitOptions maximumUnconfirmed(int messages) {
        return new RabbitOptions(broker, quorum, messages, connectTimeout, callTimeout, recovery);
    }

    /**
     * Limits how long connecting may take.
     *
     * @param timeout above zero; 10 seconds unless set
     * @return a copy
     */
    public RabbitOptions connectTimeout(Duration timeout) {
        return new RabbitOptions(
                broker, quorum, unconfirmed, Objects.requireNonNull(timeout, "timeout"), callTimeout, recovery);
    }

    /**
     * Limits how long RabbitMQ may take to answer a call, such as a declaration. A call that was not answered in time fails with
     * {@link dev.tenfold.error.UnavailableException}, and may have been carried out. Publishing is no call: it is confirmed later.
     *
     * @param timeout above zero; 30 seconds unless set
     * @return a copy
     */
    public RabbitOptions callTimeout(Duration timeout) {
        return new RabbitOptions(
                broker, quorum, unconfirmed, connectTimeout, Objects.requireNonNull(timeout, "timeout"), recovery);
    }

    /**
     * Sets the pause between two attempts to connect again.
     *
     * @param interval above zero; 1 second unless set
     * @return a copy
     */
    public RabbitOptions recoveryInterval(Duration interval) {
        return new RabbitOptions(
                broker, quorum, unconfirmed, connectTimeout, callTimeout, Objects.requireNonNull(interval, "interval"));
    }

    BrokerBuilder broker() {
        return broker;
    }

    /**
     * Says what kind of queues are declared.
     *
     * @return whether quorum queues are
     */
    public boolean isQuorumQueues() {
        return quorum;
    }

    /**
     * Returns how many messages may be unconfirmed.
     *
     * @return at least 1
     */
    public int maximumUnconfirmed() {
        return unconfirmed;
    }

    /**
     * Returns how long connecting may take.
     *
     * @return above zero
     */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /**
     * Returns how long RabbitMQ may take to answer a call.
     *
     * @return above zero
     */
    public Duration callTimeout() {
        return callTimeout;
    }

    /**
     * Returns the pause between two attempts.
     *
     * @return above zero
     */
    public Duration recoveryInterval() {
        return recovery;
    }
}
