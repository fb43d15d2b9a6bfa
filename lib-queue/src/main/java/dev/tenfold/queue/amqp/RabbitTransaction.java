package dev.tenfold.queue.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Message;
import dev.tenfold.queue.Transaction;
import dev.tenfold.queue.amqp.Wire.Outgoing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A transaction of RabbitMQ over the publishes; the acknowledgements follow once it is committed. If the process dies between,
 * the messages acknowledged in it come again.
 */
final class RabbitTransaction implements Transaction {

    private record Publish(String exchange, String routingKey, Outgoing message) {}

    private final RabbitBroker broker;
    private final List<Publish> publishes = new ArrayList<>();
    private final List<RabbitDelivery<?>> acknowledged = new ArrayList<>();
    private boolean over;

    RabbitTransaction(RabbitBroker broker) {
        this.broker = broker;
    }

    @Override
    public <E> Transaction publish(Exchange<E> exchange, String routingKey, Message<? extends E> message) {
        requireOpen();
        RabbitBroker.checkKey("routingKey", routingKey);
        if (!message.delayFrom(broker.given().time().now()).isZero()) {
            throw new UnsupportedOperationException("publish: RabbitMQ cannot delay within a transaction");
        }
        publishes.add(new Publish(exchange.name(), routingKey, broker.outgoing(message)));
        return this;
    }

    @Override
    public Transaction ack(Delivery<?> delivery) {
        requireOpen();
        if (!(delivery instanceof RabbitDelivery<?> own)) {
            throw new IllegalArgumentException("delivery: " + delivery + " (expected: one of this broker)");
        }
        if (!own.claim()) {
            throw new IllegalStateException("delivery " + delivery + " was settled before");
        }
        acknowledged.add(own);
        return this;
    }

    private void requireOpen() {
        if (over) {
            throw new IllegalStateException("the transaction was committed or rolled back");
        }
    }

    @Override
    public CompletionStage<Void> commit() {
        requireOpen();
        over = true;
        Channel channel = broker.channels().open();
        try {
            channel.txSelect();
            for (Publish each : publishes) {
                channel.basicPublish(
                        each.exchange(),
                        each.routingKey(),
                        each.message().properties(),
                        each.message().body());
            }
            channel.txCommit();
        } catch (IOException | ShutdownSignalException failure) {
            acknowledged.forEach(RabbitDelivery::unclaim);
            return CompletableFuture.failedStage(new OutcomeUnknownException(
                    "RabbitMQ may or may not have committed " + publishes.size() + " messages: " + failure, failure));
        } finally {
            Channels.close(channel);
        }
        CompletableFuture<?>[] all = acknowledged.stream()
                .map(each -> each.acknowledge().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(all).minimalCompletionStage();
    }

    @Override
    public void rollback() {
        if (!over) {
            over = true;
            acknowledged.forEach(RabbitDelivery::unclaim);
        }
    }
}
