package dev.tenfold.queue;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * A message in the hands of a consumer.
 *
 * <p>A consumer started with {@link Queue#consumeManually} ends each delivery by one of {@link #ack}, {@link #nack}, {@link
 * #reject}, {@link #fail} and {@link #retryAfter}, once, from any thread; a second one throws {@link
 * IllegalStateException}. With {@link Queue#consume} the handler's outcome settles it and these methods throw. What they
 * return completes when the outcome is on disk where the queue is durable, and is complete already elsewhere; nobody needs
 * to wait for it.
 *
 * @param <E> the kind of message
 */
public interface Delivery<E> {

    /**
     * Returns the message with everything that was said beside its body.
     *
     * @return as it was published
     */
    Message<E> message();

    /**
     * Returns the message itself.
     *
     * @return what was published
     */
    default E body() {
        return message().body();
    }

    /**
     * Returns what was said beside it. A dead letter has its history here, see {@link Death}.
     *
     * @return unmodifiable
     */
    default Map<String, Object> headers() {
        return message().headers();
    }

    /**
     * Returns the key it was published with.
     *
     * @return the routing key; for a dead letter the name of the queue
     */
    default String routingKey() {
        return message().routingKey();
    }

    /**
     * Returns where it was published.
     *
     * @return the name of the exchange; empty for the default exchange and for a dead letter
     */
    default String exchange() {
        return message().exchange();
    }

    /**
     * Returns which attempt this is. Only failures count: a message that was given back, or held and never begun, comes
     * again with the same number.
     *
     * @return 1 for the first
     */
    int attempt();

    /**
     * Returns how often a handler was given this message before and it came back, failed or not.
     *
     * @return 0 for the first delivery
     */
    int deliveryCount();

    /**
     * Says whether a handler was given this message before.
     *
     * @return true if its effects may have happened already, in whole or in part
     */
    default boolean redelivered() {
        return deliveryCount() > 0;
    }

    /**
     * Says that the work is done; the message is gone.
     *
     * @return completes as above
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    CompletionStage<Void> ack();

    /**
     * Gives the message back without having failed.
     *
     * @param requeue true puts it back where it was, to be delivered again at once, its attempt not counted; false does
     *     as {@link #reject}
     * @return completes as above
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    CompletionStage<Void> nack(boolean requeue);

    /**
     * Says that the message can never be worked on: it becomes a dead letter, without further attempts.
     *
     * @return completes as above
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    default CompletionStage<Void> reject() {
        return nack(false);
    }

    /**
     * Says that this attempt failed, as throwing from the handler does: the message is tried again after a delay, or
     * becomes a dead letter after the last attempt.
     *
     * @param cause why, for the observer
     * @return completes as above
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    CompletionStage<Void> fail(Throwable cause);

    /**
     * Says that this attempt failed, and when to try again instead of the queue's {@link QueueOptions#retry()}, whose
     * limit of attempts still holds. For work that knows when it may go on, such as a rate limit.
     *
     * @param delay not negative
     * @param cause why, for the observer
     * @return completes as above
     * @throws IllegalArgumentException if the delay is negative
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    CompletionStage<Void> retryAfter(Duration delay, Throwable cause);

    /**
     * Answers a request, see {@link Exchange#request}: sends to where its {@link Message#replyTo()} says. Does not settle
     * the delivery.
     *
     * @param answer of the type the requester expects
     * @return what publishing it came to; {@link Confirm#UNROUTED} if the requester waits no longer
     * @throws IllegalStateException if the message asks for no answer
     */
    CompletionStage<Confirm> reply(Object answer);
}
