package dev.tenfold;

import java.util.concurrent.CompletionStage;

/**
 * Publishes messages under a routing key. An exchange is a publisher.
 *
 * @param <E> the kind of message
 */
@FunctionalInterface
public interface Publisher<E> {

    /**
     * Publishes a message.
     *
     * @param routingKey decides who gets it
     * @param message what they get
     * @return completes when the broker has taken responsibility for the message, exceptionally when it refused
     */
    CompletionStage<?> publish(String routingKey, E message);
}
