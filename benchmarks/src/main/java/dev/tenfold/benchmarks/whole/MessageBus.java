package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import dev.tenfold.cache.InvalidationBus;
import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Carries invalidations between the processes. A message is delivered late or, one in a few, never; a process that is cut off
 * is told so after a while, and again when it hears everything.
 */
final class MessageBus {

    static final String PLACE = "bus";
    private static final long HEARTBEAT = 200 * MILLI;

    private final SimulatedWorld world;
    private final Network network;
    private final Map<String, Member> endpoints = new TreeMap<>();

    MessageBus(SimulatedWorld world, Network network) {
        this.world = world;
        this.network = network;
    }

    void remove(String process) {
        endpoints.remove(process);
    }

    /** The bus as one process reaches it. */
    final class Member implements InvalidationBus<String> {
        private final String process;
        private final Clock clock;
        private @Nullable Subscriber<String> subscriber;
        private boolean interrupted;

        Member(String process, Clock clock) {
            this.process = process;
            this.clock = clock;
            endpoints.put(process, this);
            beat();
        }

        private void beat() {
            Subscriber<String> hears = subscriber;
            boolean linked = network.linked(process, PLACE);
            if (hears != null && !linked && !interrupted) {
                interrupted = true;
                hears.interrupted();
            } else if (hears != null && linked && interrupted) {
                interrupted = false;
                hears.resumed();
            }
            var unused = clock.schedule(Duration.ofNanos(HEARTBEAT), this::beat);
        }

        @Override
        public CompletionStage<?> publish(Message<String> message) {
            Reply<Boolean> reply = new Reply<>(clock);
            Scheduler.Task alarm = clock.schedule(Duration.ofNanos(Network.PATIENCE), () -> {
                reply.completeExceptionally(new IllegalStateException("the bus does not answer"));
                endpoints.values().forEach(Member::missed);
            });
            network.send(process, PLACE, () -> {
                endpoints.values().forEach(endpoint -> endpoint.receive(message));
                network.send(PLACE, process, () -> {
                    alarm.cancel();
                    reply.complete(true);
                });
            });
            return reply;
        }

        private void receive(Message<String> message) {
            network.send(PLACE, process, () -> {
                if (subscriber != null && !clock.isDead()) {
                    subscriber.received(message);
                }
            });
        }

        /** A message may not have reached it. */
        private void missed() {
            world.step(network.delay(), () -> {
                if (subscriber != null && !interrupted && !clock.isDead()) {
                    subscriber.interrupted();
                    subscriber.resumed();
                }
            });
        }

        @Override
        public Subscription subscribe(Subscriber<String> hears) {
            subscriber = hears;
            return () -> subscriber = null;
        }
    }
}
