package dev.tenfold.benchmarks.queue;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.io.IOException;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A server that speaks AMQP 0-9-1, over RabbitMQ's Java client, with the least effort: a queue that is not durable, messages
 * that are not kept, no confirms, and one acknowledgement for many.
 */
public final class AmqpClient implements Contender.Session {

    private static final String EXCHANGE = "tenfold-benchmark";
    private static final String KEY = "order.eu.placed";
    private static final int PREFETCH = 250;
    private static final int ACK_EVERY = 50;

    /** Says so in the tables. */
    public static final String PATH = "direct exchange, over a socket, ack of each " + ACK_EVERY
            + "th for all before it, prefetch " + PREFETCH + ", no confirm, no limit";

    private final Connection producing;
    private final Connection consuming;
    private final LongSupplier serverCpuNanos;

    /**
     * Connects, declares and consumes.
     *
     * @param serverCpuNanos what the server has taken so far, where it is a process of its own
     */
    public AmqpClient(ConnectionFactory factory, Shape shape, Receipts receipts, LongSupplier serverCpuNanos)
            throws Exception {
        this.serverCpuNanos = serverCpuNanos;
        this.producing = factory.newConnection();
        this.consuming = factory.newConnection();
        Channel declaring = consuming.createChannel();
        declaring.exchangeDeclare(EXCHANGE, "direct", false, true, Map.of());
        String queue = declaring.queueDeclare("", false, true, true, Map.of()).getQueue();
        declaring.queueBind(queue, EXCHANGE, KEY);
        for (int i = 0; i < shape.consumers(); i++) {
            Channel channel = consuming.createChannel();
            channel.basicQos(PREFETCH);
            channel.basicConsume(queue, false, new Handler(channel, receipts));
        }
    }

    private static final class Handler extends DefaultConsumer {

        private final Receipts receipts;
        private int unacknowledged;

        Handler(Channel channel, Receipts receipts) {
            super(channel);
            this.receipts = receipts;
        }

        @Override
        public void handleDelivery(String tag, Envelope envelope, BasicProperties properties, byte[] body)
                throws IOException {
            receipts.handled(body);
            if (++unacknowledged == ACK_EVERY) {
                unacknowledged = 0;
                getChannel().basicAck(envelope.getDeliveryTag(), true);
            }
        }
    }

    @Override
    public Contender.Sender sender() throws IOException {
        Channel channel = producing.createChannel();
        return message -> channel.basicPublish(EXCHANGE, KEY, null, message);
    }

    @Override
    public long serverCpuNanos() {
        return serverCpuNanos.getAsLong();
    }

    @Override
    public void close() throws IOException {
        producing.close();
        consuming.close();
    }
}
