package dev.tenfold.queue.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmCallback;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownListener;
import com.rabbitmq.client.ShutdownSignalException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.Confirm;
import dev.tenfold.queue.PublishRejectedException;
import dev.tenfold.queue.amqp.Wire.Outgoing;
import dev.tenfold.testing.Await;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many publish while one thread, as the client's, confirms, refuses and ends channels: a confirm is told only if it was given, a
 * refusal only if it was made, everything ends, and no place among the unconfirmed is lost.
 */
@Timeout(60)
class PublishingStressTest {

    private static final int PUBLISHERS = 3;
    private static final int EACH = 4_000;
    private static final int WINDOW = 64;

    /** What the server said of each message, by its key: true if it was taken. */
    private final Map<String, Boolean> said = new ConcurrentHashMap<>();

    private volatile ServerChannel current;

    private final Publishing publishing = new Publishing(
            proxy(Connection.class, (method, arguments) -> {
                ServerChannel made = new ServerChannel();
                current = made;
                return made.channel;
            }),
            WINDOW);

    private interface Answer {
        Object to(Method method, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                PublishingStressTest.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method, arguments)));
    }

    /** The other end of a channel. What is published is noted in order; a channel that is closed takes nothing. */
    private static final class ServerChannel {

        final Channel channel = proxy(Channel.class, this::answer);

        /** The keys, by number; guarded by itself, as is whether it is open. */
        private final List<String> published = new ArrayList<>();

        private boolean open = true;
        private int told;
        private volatile ConfirmCallback taken;
        private volatile ConfirmCallback refused;
        private volatile ShutdownListener ended;

        private Object answer(Method method, Object[] arguments) {
            synchronized (published) {
                switch (method.getName()) {
                    case "isOpen":
                        return open;
                    case "getNextPublishSeqNo":
                        return published.size() + 1L;
                    case "basicPublish":
                        if (!open) {
                            throw new AlreadyClosedException(end());
                        }
                        published.add((String) arguments[1]);
                        return null;
                    default:
                }
            }
            switch (method.getName()) {
                case "addConfirmListener":
                    taken = (ConfirmCallback) arguments[0];
                    refused = (ConfirmCallback) arguments[1];
                    return null;
                case "addShutdownListener":
                    ended = (ShutdownListener) arguments[0];
                    return null;
                default:
                    return null;
            }
        }

        private static ShutdownSignalException end() {
            return new ShutdownSignalException(false, false, null, null);
        }

        /** On the client's thread. Returns whether there was anything to tell. */
        boolean tell(Random random, Map<String, Boolean> said) throws Exception {
            List<String> news;
            synchronized (published) {
                // Of a channel that has ended the client tells nothing any more.
                news = open ? List.copyOf(published.subList(told, published.size())) : List.of();
            }
            if (news.isEmpty()) {
                return false;
            }
            int count = 1 + random.nextInt(news.size());
            boolean takes = random.nextInt(5) > 0;
            news.subList(0, count).forEach(key -> said.put(key, takes));
            told += count;
            (takes ? taken : refused).handle(told, count > 1);
            return true;
        }

        /** On the client's thread. */
        void finish() {
            synchronized (published) {
                open = false;
            }
            ShutdownListener listener = ended;
            if (listener != null) {
                listener.shutdownCompleted(end());
            }
        }
    }

    private Map<String, CompletableFuture<Confirm>> publish(int publisher) {
        Outgoing message =
                new Outgoing(new BasicProperties.Builder().headers(Map.of()).build(), new byte[0]);
        Map<String, CompletableFuture<Confirm>> confirms = new ConcurrentHashMap<>();
        for (int i = 0; i < EACH; i++) {
            String key = publisher + "." + i;
            confirms.put(key, publishing.publish("x", key, message, null).toCompletableFuture());
        }
        return confirms;
    }

    @Test
    void everyConfirmIsTheServersAndNothingWaitsForEver() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(PUBLISHERS);
        try {
            List<Future<Map<String, CompletableFuture<Confirm>>>> running = new ArrayList<>();
            for (int i = 0; i < PUBLISHERS; i++) {
                int publisher = i;
                running.add(threads.submit(() -> publish(publisher)));
            }
            Random random = new Random(1);
            while (!running.stream().allMatch(Future::isDone) || publishing.unconfirmed() > 0) {
                ServerChannel channel = current;
                if (channel == null || channel.ended == null) {
                    Thread.onSpinWait();
                } else if (random.nextInt(200) == 0) {
                    channel.finish();
                } else if (!channel.tell(random, said)) {
                    Thread.onSpinWait();
                }
            }
            int unknown = 0;
            for (Future<Map<String, CompletableFuture<Confirm>>> publisher : running) {
                for (Map.Entry<String, CompletableFuture<Confirm>> each :
                        publisher.get().entrySet()) {
                    CompletableFuture<Confirm> confirm = each.getValue();
                    Await.until("message " + each.getKey(), confirm::isDone);
                    Throwable failure = confirm.handle((answer, why) -> why == null ? null : why.getCause())
                            .join();
                    Boolean verdict = said.get(each.getKey());
                    if (failure == null) {
                        assertThat(verdict).as(each.getKey()).isTrue();
                    } else if (failure instanceof PublishRejectedException) {
                        assertThat(verdict).as(each.getKey()).isFalse();
                    } else {
                        assertThat(failure).isInstanceOfAny(OutcomeUnknownException.class, UnavailableException.class);
                        unknown++;
                    }
                }
            }
            assertThat(unknown).isLessThan(PUBLISHERS * EACH / 2);
            // Each place is free again: as many as fit can be under way without an answer.
            for (int i = 0; i < WINDOW; i++) {
                publishing.publish(
                        "x",
                        "last",
                        new Outgoing(
                                new BasicProperties.Builder().headers(Map.of()).build(), new byte[0]),
                        null);
            }
            assertThat(publishing.unconfirmed()).isEqualTo(WINDOW);
        } finally {
            threads.shutdownNow();
        }
    }
}
