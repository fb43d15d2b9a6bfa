package dev.tenfold.benchmarks.queue;

import com.rabbitmq.client.ConnectionFactory;

/** A RabbitMQ that runs already; the CPU of its process on this machine counts. */
final class RabbitServer implements Contender {

    /** Names the environment variable with its URI. */
    static final String URI = "TENFOLD_RABBITMQ";

    /** The Erlang virtual machine that runs it. */
    private static final String PROCESS = "beam.smp";

    RabbitServer() {}

    @Override
    public String name() {
        return "RabbitMQ";
    }

    @Override
    public String path() {
        return AmqpClient.PATH + "; with the CPU of the server";
    }

    @Override
    public boolean isBounded() {
        return false;
    }

    @Override
    public Session open(Shape shape, Receipts receipts) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(System.getenv(URI));
        return new AmqpClient(factory, shape, receipts, ServerCpu.of(PROCESS));
    }
}
