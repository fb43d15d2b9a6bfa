package dev.tenfold.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EventRelayTest {

    @Test
    void threadsThatAddInOrderAreToldInOrderAndNothingIsLost() throws Exception {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger telling = new AtomicInteger();
        EventRelay relay = new EventRelay(event -> {
            assertThat(telling.incrementAndGet()).isEqualTo(1);
            told.add(event.kind());
            telling.decrementAndGet();
        });
        List<Thread> threads = new ArrayList<>();
        AtomicInteger next = new AtomicInteger();
        Object lock = new Object();
        for (int t = 0; t < 3; t++) {
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 2_000; i++) {
                    synchronized (lock) {
                        relay.add(event(next.getAndIncrement()));
                    }
                    relay.deliver();
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(told).hasSize(6_000);
        for (int i = 0; i < told.size(); i++) {
            assertThat(told.get(i)).isEqualTo("e" + i);
        }
    }

    @Test
    void anObserverMayCauseFurtherEvents() {
        List<String> told = new ArrayList<>();
        EventRelay[] relay = new EventRelay[1];
        relay[0] = new EventRelay(event -> {
            told.add(event.kind());
            if (told.size() < 3) {
                relay[0].add(event(told.size()));
                relay[0].deliver();
            }
        });
        relay[0].add(event(0));
        relay[0].deliver();
        assertThat(told).containsExactly("e0", "e1", "e2");
    }

    @Test
    void aHangingObserverDoesNotGrowTheQueueForEver() {
        AtomicInteger told = new AtomicInteger();
        EventRelay relay = new EventRelay(event -> told.incrementAndGet());
        for (int i = 0; i < EventRelay.LIMIT + 500; i++) {
            relay.add(event(i));
        }
        relay.deliver();
        assertThat(told).hasValue(EventRelay.LIMIT);
    }

    private static Event event(int number) {
        return new Event(Instant.EPOCH, "test/relay", "e" + number, Level.INFO, "", Map.of());
    }
}
