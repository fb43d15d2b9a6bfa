package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.Codec;
import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.testing.SimulatedTime;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a broker knows after it was opened again: after an orderly end, and from the files as they were before one. */
class DurableBrokerTest {

    record Order(int number, String customer) {}

    private static final Codec<Order> CODEC =
            Codec.of(order -> (order.number() + " " + order.customer()).getBytes(StandardCharsets.UTF_8), bytes -> {
                String[] words = new String(bytes, StandardCharsets.UTF_8).split(" ", 2);
                return new Order(Integer.parseInt(words[0]), words[1]);
            });

    @TempDir
    Path folder;

    @TempDir
    Path copies;

    private final SimulatedTime time = new SimulatedTime();
    private final List<Broker> opened = new ArrayList<>();
    private int lives;

    @AfterEach
    void close() {
        opened.forEach(broker -> broker.close(Duration.ZERO));
    }

    private Broker open(Path where) {
        Broker broker = Broker.builder()
                .time(time)
                .scheduler(time)
                .executor(Runnable::run)
                .observer(Observer.none())
                .codec(Order.class, CODEC)
                .durable(where, journal -> journal.segmentSize(64 << 10));
        opened.add(broker);
        return broker;
    }

    /** Opens a copy of the files as they are now, while the broker that writes them goes on: what a kill would leave. */
    private Broker afterKill() throws IOException {
        Path copy = Files.createDirectory(copies.resolve("life" + lives++));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return open(copy);
    }

    private static Queue<Order> work(Broker broker) {
        return broker.queue(
                "work",
                Order.class,
                q -> q.retry(Backoff.exponential(Duration.ofSeconds(10), Duration.ofSeconds(10))
                                .attempts(3))
                        .deadLetterTo("dead"));
    }

    private static void publish(Broker broker, String key, Message<Order> message) {
        broker.topicExchange("orders", Order.class)
                .publish(key, message)
                .toCompletableFuture()
                .join();
    }

    private static Broker declared(Broker broker) {
        broker.topicExchange("orders", Order.class).bind(work(broker), "order.#");
        return broker;
    }

    @Test
    void exchangesQueuesBindingsAndMessagesAreThereAgain() throws IOException {
        Broker first = declared(open(folder));
        publish(
                first,
                "order.eu",
                Message.of(new Order(1, "Ada")).header("trace", "t-1").id("m-1").priority(3));
        publish(first, "order.us", Message.of(new Order(2, "Bob")));

        Broker second = afterKill();
        List<Message<Order>> found = work(second).browse(10);
        assertThat(found).extracting(Message::body).containsExactly(new Order(1, "Ada"), new Order(2, "Bob"));
        assertThat(found.get(0).headers()).containsEntry("trace", "t-1");
        assertThat(found.get(0).id()).contains("m-1");
        assertThat(found.get(0).priority()).isEqualTo(3);
        assertThat(found.get(0).routingKey()).isEqualTo("order.eu");
        assertThat(found.get(0).exchange()).isEqualTo("orders");
        // The binding as well, although nobody has bound again.
        publish(second, "order.jp", Message.of(new Order(3, "Chie")));
        assertThat(work(second).inspect().ready()).isEqualTo(3);
        assertThatThrownBy(() -> second.queue("work", Order.class, q -> q.maxLength(7)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("maxLength");
    }

    @Test
    void whatWasAcknowledgedDoesNotComeBackAndWhatWasHeldDoes() throws IOException {
        Broker first = declared(open(folder));
        for (int i = 1; i <= 4; i++) {
            publish(first, "order.eu", Message.of(new Order(i, "Ada")));
        }
        List<Delivery<Order>> held = new ArrayList<>();
        work(first).consumeManually(3, held::add);
        assertThat(held).hasSize(3);
        held.get(1).ack().toCompletableFuture().join();

        Broker second = afterKill();
        assertThat(work(second).browse(10))
                .extracting(message -> message.body().number())
                .containsExactly(1, 3, 4);
    }

    @Test
    void attemptsAndTheTimeOfTheNextOneSurvive() throws IOException {
        Broker first = declared(open(folder));
        publish(first, "order.eu", Message.of(new Order(1, "Ada")));
        List<Delivery<Order>> held = new ArrayList<>();
        work(first).consumeManually(3, held::add);
        held.get(0)
                .fail(new IllegalStateException("once"))
                .toCompletableFuture()
                .join();

        Broker second = afterKill();
        assertThat(work(second).inspect().delayed()).isEqualTo(1);
        List<Delivery<Order>> again = new ArrayList<>();
        work(second).consumeManually(3, again::add);
        assertThat(again).isEmpty();
        time.advance(Duration.ofSeconds(11));
        assertThat(again).hasSize(1);
        assertThat(again.get(0).attempt()).isEqualTo(2);
        assertThat(again.get(0).redelivered()).isTrue();
    }

    @Test
    void delaysAndTimesToLiveGoOn() throws IOException {
        Broker first = declared(open(folder));
        publish(first, "order.eu", Message.of(new Order(1, "later")).delay(Duration.ofMinutes(5)));
        publish(first, "order.eu", Message.of(new Order(2, "short")).ttl(Duration.ofMinutes(1)));
        time.advance(Duration.ofSeconds(30));

        Broker second = afterKill();
        assertThat(work(second).inspect().delayed()).isEqualTo(1);
        assertThat(work(second).inspect().ready()).isEqualTo(1);
        time.advance(Duration.ofSeconds(31));
        assertThat(work(second).inspect().ready()).isZero();
        Queue<Order> dead = second.queue("dead", Order.class);
        assertThat(dead.browse(5))
                .extracting(message -> message.body().number())
                .containsExactly(2);
        time.advance(Duration.ofMinutes(4));
        assertThat(work(second).inspect().ready()).isEqualTo(1);
    }

    @Test
    void aDeadLetterIsInOneQueueWithItsHistory() throws IOException {
        Broker first = declared(open(folder));
        publish(first, "order.eu", Message.of(new Order(1, "Ada")));
        List<Delivery<Order>> held = new ArrayList<>();
        work(first).consumeManually(3, held::add);
        held.get(0).reject().toCompletableFuture().join();

        Broker second = afterKill();
        assertThat(work(second).inspect().messages()).isZero();
        Message<Order> dead = second.queue("dead", Order.class).browse(2).get(0);
        assertThat(Death.of(dead.headers())).singleElement().satisfies(death -> {
            assertThat(death.queue()).isEqualTo("work");
            assertThat(death.reason()).isEqualTo(Death.Reason.REJECTED);
            assertThat(death.exchange()).isEqualTo("orders");
        });
        assertThat(dead.headers()).containsEntry(Death.FIRST_QUEUE, "work");
    }

    @Test
    void aTransactionIsThereAsAWhole() throws IOException {
        Broker first = declared(open(folder));
        Queue<Order> done = first.queue("done", Order.class);
        Exchange<Order> direct = first.directExchange("direct", Order.class);
        direct.bind(done, "done");
        publish(first, "order.eu", Message.of(new Order(1, "Ada")));
        List<Delivery<Order>> held = new ArrayList<>();
        work(first).consumeManually(3, held::add);
        Broker before = afterKill();
        first.transaction()
                .publish(direct, "done", new Order(10, "Ada"))
                .publish(direct, "done", new Order(11, "Ada"))
                .ack(held.get(0))
                .commit()
                .toCompletableFuture()
                .join();
        Broker after = afterKill();
        assertThat(work(before).inspect().messages()).isEqualTo(1);
        assertThat(before.queue("done", Order.class).inspect().messages()).isZero();
        assertThat(work(after).inspect().messages()).isZero();
        assertThat(after.queue("done", Order.class).inspect().messages()).isEqualTo(2);
    }

    @Test
    void whatIsNotPersistentOrNotDurableIsGone() throws IOException {
        Broker first = declared(open(folder));
        Queue<Order> fleeting = first.queue("fleeting", Order.class, q -> q.durable(false));
        first.topicExchange("orders", Order.class).bind(fleeting, "order.#");
        publish(first, "order.eu", Message.of(new Order(1, "Ada")).persistent(false));
        publish(first, "order.eu", Message.of(new Order(2, "Ada")));

        Broker second = afterKill();
        assertThat(work(second).browse(5))
                .extracting(message -> message.body().number())
                .containsExactly(2);
        assertThat(second.describe()).doesNotContain("fleeting");
    }

    @Test
    void closingKeepsWhatWasLeft() {
        Broker first = declared(open(folder));
        publish(first, "order.eu", Message.of(new Order(1, "Ada")));
        first.close(Duration.ZERO);
        Broker second = open(folder);
        assertThat(work(second).browse(5)).hasSize(1);
        work(second).purge();
        second.close(Duration.ZERO);
        assertThat(work(open(folder)).browse(5)).isEmpty();
    }

    @Test
    void aFolderIsOpenOnceAndOptionsAreChecked() {
        open(folder);
        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("another broker of this process");
        assertThatThrownBy(() -> Broker.builder()
                        .durable(copies, journal -> journal.segmentSize(5).maximumBuffered(0)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("segmentSize: 5 (expected: 4096 to 1073741824, a multiple of 512)")
                .hasMessageContaining("maximumBuffered: 0 (expected: >= 1)");
    }

    @Test
    void aBrokenFileIsNamedWithItsOffsetAndNothingIsLocked() throws IOException {
        Broker first = declared(open(folder));
        publish(first, "order.eu", Message.of(new Order(1, "Ada")));
        first.close(Duration.ZERO);
        Path segment;
        try (Stream<Path> files = Files.list(folder)) {
            segment = files.filter(file -> file.toString().endsWith(".journal"))
                    .findFirst()
                    .orElseThrow();
        }
        byte good = flip(segment, 90);
        assertThatThrownBy(() -> open(folder)).isInstanceOfSatisfying(CorruptDataException.class, corrupt -> {
            assertThat(corrupt.source()).endsWith(segment.getFileName().toString());
            assertThat(corrupt.offset()).isEqualTo(64);
        });
        assertThat(flip(segment, 90)).isNotEqualTo(good);
        assertThat(work(open(folder)).browse(5)).hasSize(1);
    }

    private static byte flip(Path file, long offset) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(offset);
            byte old = bytes.readByte();
            bytes.seek(offset);
            bytes.writeByte(old ^ 4);
            return old;
        }
    }

    @Test
    void aMessageLargerThanASegmentIsRefusedAndTheNextOneIsTaken() {
        Broker first = declared(open(folder));
        Exchange<Order> orders = first.topicExchange("orders", Order.class);
        assertThatThrownBy(() -> orders.publish("order.eu", new Order(1, "x".repeat(70_000)))
                        .toCompletableFuture()
                        .join())
                .hasMessageContaining("segmentSize");
        publish(first, "order.eu", Message.of(new Order(2, "Ada")));
        assertThat(work(first).browse(5))
                .extracting(message -> message.body().number())
                .containsExactly(2);
    }

    @Test
    void aBodyWithoutACodecIsRefusedByNameBeforeAnythingIsWritten() {
        Broker broker = Broker.builder().durable(folder);
        opened.add(broker);
        assertThatThrownBy(() -> {
                    Exchange<Order> orders = broker.topicExchange("orders", Order.class);
                    orders.bind(broker.queue("work", Order.class), "#");
                    orders.publish("a", new Order(1, "Ada"))
                            .toCompletableFuture()
                            .join();
                })
                .hasMessageContaining("codec")
                .hasMessageContaining("Order");
    }
}
