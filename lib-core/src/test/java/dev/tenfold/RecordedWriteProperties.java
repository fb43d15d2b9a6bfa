package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.session.Position;
import dev.tenfold.time.Chance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Writes that store their announcements with them, over a store of transactions that fail before, at and after their commit,
 * and a process that dies between the commit and the relay. Every acknowledged write is announced at least once, nothing is
 * announced that was not committed, and the announcements of a key keep their order.
 */
class RecordedWriteProperties {

    private static final int KEYS = 3;

    @Property(tries = 300)
    void whatWasAcknowledgedIsAnnouncedAndNothingThatWasNotCommitted(@ForAll long seed) {
        Run run = new Run(Chance.seeded(seed));
        run.writeSome(builder -> builder.writing(run.store::record, (node, key, value, announcement) -> {
            Transaction transaction = node.begin();
            transaction.values.put(key, value);
            announcement.recordIn(transaction);
            transaction.commit();
        }));
        run.relayAll();

        assertThat(run.store.committed).containsAll(run.acknowledged);
        assertThat(run.announced).containsAll(run.store.committed);
        assertThat(run.store.committed).containsAll(run.announced);
        for (int key = 0; key < KEYS; key++) {
            int of = key;
            List<Integer> values = run.announced.stream()
                    .filter(change -> change.key() == of)
                    .map(DataPath.Change::value)
                    .distinct()
                    .toList();
            assertThat(values).isSorted();
        }
    }

    /** The same model, with announcements after the commit. */
    @Example
    void findsThatAnAnnouncementAfterTheCommitIsLostWhereTheProcessDies() {
        boolean lost = false;
        for (long seed = 0; seed < 50; seed++) {
            Run run = new Run(Chance.seeded(seed));
            run.writeSome(builder -> builder.writing((node, key, value) -> {
                        Transaction transaction = node.begin();
                        transaction.values.put(key, value);
                        transaction.written.add(new DataPath.Change<>("numbers", key, value, NOWHERE));
                        transaction.commit();
                        run.dieSometimes();
                    })
                    .announcedTo(
                            (routingKey, change) -> {
                                run.announced.add(change);
                                return CompletableFuture.completedStage(routingKey);
                            },
                            "changed",
                            change -> new DataPath.Change<>("numbers", change.key(), change.value(), NOWHERE)));
            run.relayAll();
            lost |= !run.announced.containsAll(run.store.committed);
        }
        assertThat(lost).isTrue();
    }

    /** The same model, with the announcement in a transaction of its own, before the write's. */
    @Example
    void findsThatAnAnnouncementBesideTheTransactionMayBeOfNothing() {
        boolean invented = false;
        for (long seed = 0; seed < 50; seed++) {
            Run run = new Run(Chance.seeded(seed));
            run.writeSome(builder -> builder.writing(run.store::record, (node, key, value, announcement) -> {
                Transaction first = node.begin();
                announcement.recordIn(first);
                first.written.clear();
                first.commit();
                Transaction transaction = node.begin();
                transaction.values.put(key, value);
                transaction.written.add(new DataPath.Change<>("numbers", key, value, NOWHERE));
                transaction.commit();
            }));
            run.relayAll();
            invented |= !run.store.committed.containsAll(run.announced);
        }
        assertThat(invented).isTrue();
    }

    private static final Position NOWHERE = Position.none();

    private static final class Run {

        private final RandomGenerator random;
        private final Store store;
        private final List<DataPath.Change<Integer, Integer>> acknowledged = new ArrayList<>();
        private final List<DataPath.Change<Integer, Integer>> announced = new ArrayList<>();

        Run(RandomGenerator random) {
            this.random = random;
            this.store = new Store(random);
        }

        interface Wiring {
            DataPath.Builder<Integer, Integer, Store> add(DataPath.Builder<Integer, Integer, Store> builder);
        }

        void writeSome(Wiring wiring) {
            DataPath.Builder<Integer, Integer, Store> builder = wiring.add(Tenfold.<Integer, Integer>dataPath("numbers")
                    .storedIn(store)
                    .reading((node, key) -> node.values.get(key))
                    .observer(event -> {}));
            DataPath<Integer, Integer> path = builder.build();
            for (int value = 1; value <= 40; value++) {
                int key = random.nextInt(KEYS);
                try {
                    path.put(key, value);
                    acknowledged.add(new DataPath.Change<>("numbers", key, value, NOWHERE));
                } catch (CallFailedException | OutcomeUnknownException | Death notAcknowledged) {
                    // whatever became of it, nobody was told that it is there
                }
                if (random.nextInt(5) == 0) {
                    relay();
                }
            }
        }

        void dieSometimes() {
            if (random.nextInt(4) == 0) {
                throw new Death();
            }
        }

        /** Publishes some of what is stored; the process may die between a publish and its deletion. */
        void relay() {
            int count = random.nextInt(store.outbox.size() + 1);
            for (int i = 0; i < count; i++) {
                announced.add(store.outbox.get(0));
                if (random.nextInt(4) == 0) {
                    return;
                }
                store.outbox.remove(0);
            }
        }

        void relayAll() {
            while (!store.outbox.isEmpty()) {
                announced.add(store.outbox.remove(0));
            }
        }
    }

    /** The process is gone. */
    private static final class Death extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Store {

        private final RandomGenerator random;
        private final Map<Integer, Integer> values = new HashMap<>();
        private final List<DataPath.Change<Integer, Integer>> outbox = new ArrayList<>();
        private final List<DataPath.Change<Integer, Integer>> committed = new ArrayList<>();

        Store(RandomGenerator random) {
            this.random = random;
        }

        Transaction begin() throws IOException {
            if (random.nextInt(8) == 0) {
                throw new IOException("no connection");
            }
            return new Transaction(this);
        }

        void record(Transaction transaction, DataPath.Change<Integer, Integer> change) throws IOException {
            if (random.nextInt(8) == 0) {
                throw new IOException("the outbox is full");
            }
            transaction.recorded.add(change);
            transaction.written.add(change);
        }
    }

    private static final class Transaction {

        private final Store store;
        private final Map<Integer, Integer> values = new HashMap<>();
        private final List<DataPath.Change<Integer, Integer>> recorded = new ArrayList<>();
        /** What this transaction writes, for the model. */
        private final List<DataPath.Change<Integer, Integer>> written = new ArrayList<>();

        Transaction(Store store) {
            this.store = store;
        }

        void commit() throws IOException {
            int fate = store.random.nextInt(8);
            if (fate == 0) {
                throw new IOException("rolled back: serialization failure");
            }
            if (fate != 1) {
                store.values.putAll(values);
                store.outbox.addAll(recorded);
                store.committed.addAll(written);
            }
            if (fate <= 2) {
                throw new OutcomeUnknownException("connection lost at commit", null);
            }
        }
    }
}
