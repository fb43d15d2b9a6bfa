package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.observe.Observer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a batch costs the disk, as the JVM's flight recorder counts it. */
class DurableBatchTest {

    private static final int MESSAGES = 200;

    @TempDir
    private Path folder;

    @TempDir
    private Path recordings;

    private Broker broker = Broker.inMemory();

    @AfterEach
    void close() {
        broker.close(Duration.ZERO);
    }

    private interface Work {
        void run() throws Exception;
    }

    private long forces(Work work) throws Exception {
        Path file = recordings.resolve("forces.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("jdk.FileForce").withThreshold(Duration.ZERO).withoutStackTrace();
            recording.start();
            work.run();
            recording.stop();
            recording.dump(file);
        }
        return count(file);
    }

    private long count(Path file) throws IOException {
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("jdk.FileForce"))
                .filter(event -> String.valueOf(event.getString("path")).startsWith(folder.toString()))
                .count();
    }

    private static void await(List<CompletionStage<Confirm>> confirms) {
        for (CompletionStage<Confirm> each : confirms) {
            assertThat(each.toCompletableFuture().join()).isEqualTo(Confirm.ROUTED);
        }
    }

    private static List<Message<String>> messages() {
        List<Message<String>> messages = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            messages.add(Message.of("m" + i));
        }
        return messages;
    }

    /** A busy machine may stop this thread in the middle of a batch, which makes two of one; hence the best of several. */
    @Test
    void aBatchIsForcedOnceForAllItsMessages() throws Exception {
        broker = Broker.builder().observer(Observer.none()).durable(folder);
        Queue<String> queue = broker.queue("q", String.class);
        Exchange<String> exchange = broker.defaultExchange(String.class);
        await(exchange.publishAll("q", messages()));

        long fewest = Long.MAX_VALUE;
        for (int i = 0; i < 10 && fewest > 2; i++) {
            fewest = Math.min(fewest, forces(() -> await(exchange.publishAll("q", messages()))));
            queue.purge();
        }
        assertThat(fewest).isBetween(1L, 2L);
        assertThat(forces(() -> {
                    for (Message<String> each : messages()) {
                        await(List.of(exchange.publish("q", each)));
                    }
                }))
                .isGreaterThanOrEqualTo(MESSAGES);
        assertThat(queue.inspect().ready()).isEqualTo(MESSAGES);
    }

    /** Whoever waits for it would wait for ever, so it is no matter of a disk that is full. */
    @Test
    void aMessageThatFitsNoSegmentIsRefusedAtOnceAndKeepsNoPlace() {
        broker = Broker.builder().observer(Observer.none()).durable(folder, journal -> journal.segmentSize(16 << 10));
        Queue<String> queue = broker.queue("q", String.class, options -> options.maxLength(1));
        Exchange<String> exchange = broker.defaultExchange(String.class);
        assertThatThrownBy(() -> exchange.publish("q", "x".repeat(20 << 10)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("segmentSize");
        assertThat(exchange.publish("q", "x").toCompletableFuture().join()).isEqualTo(Confirm.ROUTED);
        assertThat(queue.inspect().ready()).isEqualTo(1);
    }
}
