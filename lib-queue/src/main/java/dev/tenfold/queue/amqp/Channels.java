package dev.tenfold.queue.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.error.Validation;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Calls on channels of their own: RabbitMQ answers a mistake by closing the channel it was made on. */
final class Channels {

    private final Connection connection;

    Channels(Connection connection) {
        this.connection = connection;
    }

    /** A call on a channel. */
    @FunctionalInterface
    interface Step<T> {
        T on(Channel channel) throws IOException;
    }

    Channel open() {
        try {
            Channel channel = connection.createChannel();
            if (channel == null) {
                throw new UnavailableException(
                        "RabbitMQ allows no further channel on this connection", List.of(), null);
            }
            return channel;
        } catch (IOException | AlreadyClosedException failure) {
            throw unavailable(failure);
        }
    }

    /**
     * Makes a call.
     *
     * @param subject what it is about, for the message if RabbitMQ refuses
     */
    <T> T call(String subject, Step<T> step) {
        Channel channel = open();
        try {
            return step.on(channel);
        } catch (IOException | ShutdownSignalException failure) {
            throw translated(subject, failure);
        } finally {
            close(channel);
        }
    }

    /**
     * Makes a call that RabbitMQ carries out only if a condition holds.
     *
     * @param subject what it is about, for the message if RabbitMQ refuses for another reason
     * @param unmet how RabbitMQ says that the condition does not hold
     * @return false if the condition does not hold
     */
    boolean callUnless(int unmet, String subject, Step<?> step) {
        Channel channel = open();
        try {
            step.on(channel);
            return true;
        } catch (IOException | ShutdownSignalException failure) {
            if (replyCode(failure) == unmet) {
                return false;
            }
            throw translated(subject, failure);
        } finally {
            close(channel);
        }
    }

    static RuntimeException translated(String subject, Exception failure) {
        ShutdownSignalException signal = signal(failure);
        if (signal != null && signal.getReason() instanceof AMQP.Channel.Close close) {
            return refused(subject, close.getReplyCode(), close.getReplyText(), failure);
        }
        if (signal != null && signal.getReason() instanceof AMQP.Connection.Close close) {
            return refused(subject, close.getReplyCode(), close.getReplyText(), failure);
        }
        return unavailable(failure);
    }

    private static @Nullable ShutdownSignalException signal(Exception failure) {
        return failure instanceof ShutdownSignalException own
                ? own
                : failure.getCause() instanceof ShutdownSignalException cause ? cause : null;
    }

    /** Returns with which code the channel was closed, or 0 if it was not, or was with its connection. */
    private static int replyCode(Exception failure) {
        ShutdownSignalException signal = signal(failure);
        return signal != null && signal.getReason() instanceof AMQP.Channel.Close close ? close.getReplyCode() : 0;
    }

    private static RuntimeException refused(String subject, int code, String text, Exception failure) {
        if (code == AMQP.PRECONDITION_FAILED || code == AMQP.COMMAND_INVALID || code == AMQP.ACCESS_REFUSED) {
            Validation check = Validation.of(subject);
            check.require(false, "RabbitMQ", code + " " + text, "a declaration like the first, and rights to make it");
            try {
                check.throwIfInvalid();
            } catch (InvalidConfigurationException refusal) {
                refusal.addSuppressed(failure);
                return refusal;
            }
        }
        return new IllegalStateException(subject + ": RabbitMQ refuses: " + code + " " + text, failure);
    }

    static UnavailableException unavailable(Exception failure) {
        return new UnavailableException("RabbitMQ cannot be reached", List.of(reason(failure)), failure);
    }

    /** Says why: the client wraps what the server said into an exception that says nothing. */
    static String reason(Exception failure) {
        return String.valueOf(
                failure.getMessage() == null && failure.getCause() != null ? failure.getCause() : failure);
    }

    static void close(@Nullable Channel channel) {
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException | TimeoutException | ShutdownSignalException gone) {
            // It is closed, or goes with its connection.
        }
    }

    /** Closes it even if the server does not answer. */
    static void abort(Channel channel) {
        try {
            channel.abort();
        } catch (IOException | ShutdownSignalException gone) {
            // It is closed either way.
        }
    }
}
