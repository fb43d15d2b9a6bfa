package dev.tenfold.sharding.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.join.CopySource.Row;
import dev.tenfold.sharding.join.DenormalisedCopy.Applied;
import dev.tenfold.sharding.join.DenormalisedCopy.Rebuilt;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.TimeSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import javax.sql.DataSource;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

class DenormalisedCopyProperties {

    /** Original and copy in memory; the original keeps no versions of deleted rows unless told to. */
    private static final class World implements CopyStore<Integer, String>, CopySource<Integer, String> {
        final Map<Integer, Row<Integer, String>> original = new HashMap<>();
        final Map<Integer, Long> versions = new HashMap<>();
        final Map<Integer, Row<Integer, String>> copy = new HashMap<>();
        Runnable duringScan = () -> {};

        Change<Integer, String> write(int key, @Nullable String value, boolean forget) {
            long previous = versions.getOrDefault(key, 0L);
            versions.put(key, previous + 1);
            original.put(key, new Row<>(key, previous + 1, value));
            if (value == null && forget) {
                original.remove(key);
            }
            return new Change<>(key, previous, previous + 1, value);
        }

        @Override
        public long put(Integer key, long version, @Nullable String value) {
            Row<Integer, String> before = copy.get(key);
            if (before == null || before.version() < version) {
                copy.put(key, new Row<>(key, version, value));
            }
            return before == null ? 0 : before.version();
        }

        @Override
        public boolean delete(Integer key, long version) {
            Row<Integer, String> before = copy.get(key);
            if (before == null || before.version() != version) {
                return false;
            }
            copy.put(key, new Row<>(key, version, null));
            return true;
        }

        @Override
        public void keys(BiConsumer<? super Integer, ? super Long> sink) {
            copy.values().stream()
                    .filter(row -> row.value() != null)
                    .forEach(row -> sink.accept(row.key(), row.version()));
        }

        @Override
        public void scan(Consumer<? super Row<Integer, String>> sink) {
            List<Row<Integer, String>> rows = new ArrayList<>(original.values());
            duringScan.run();
            rows.stream().filter(row -> row.value() != null).forEach(sink);
        }

        @Override
        public Optional<Row<Integer, String>> read(Integer key) {
            return Optional.ofNullable(original.get(key));
        }

        Map<Integer, String> values(Map<Integer, Row<Integer, String>> rows) {
            Map<Integer, String> values = new HashMap<>();
            rows.forEach((key, row) -> {
                if (row.value() != null) {
                    values.put(key, row.value());
                }
            });
            return values;
        }
    }

    /** Announcements in any order, some twice: the copy is the original, and gaps are what was missing at the time. */
    @Property(tries = 200)
    void isTheOriginalOnceAllArrived(@ForAll long seed) {
        Random random = new Random(seed);
        World world = new World();
        DenormalisedCopy<Integer, String> copy = copy(world);
        List<Change<Integer, String>> changes = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            Change<Integer, String> change =
                    world.write(random.nextInt(8), random.nextInt(4) == 0 ? null : "v" + i, false);
            changes.add(change);
            if (random.nextInt(4) == 0) {
                changes.add(change);
            }
        }
        if (random.nextBoolean()) {
            Collections.shuffle(changes, random);
            Map<Integer, Long> seen = new HashMap<>();
            for (Change<Integer, String> change : changes) {
                long before = seen.getOrDefault(change.key(), 0L);
                assertThat(copy.accept(change))
                        .isEqualTo(
                                before >= change.version()
                                        ? Applied.KNOWN
                                        : before < change.previous() ? Applied.APPLIED_AFTER_GAP : Applied.APPLIED);
                seen.put(change.key(), Math.max(before, change.version()));
            }
        } else {
            changes.forEach(change -> assertThat(copy.accept(change)).isNotEqualTo(Applied.APPLIED_AFTER_GAP));
        }
        assertThat(world.copy).isEqualTo(world.original);
        assertThat(copy.rebuild())
                .isEqualTo(new Rebuilt(world.values(world.original).size(), 0, 0));
    }

    /** Some announcements are lost, and some come while the copy is built anew: then it is the original. */
    @Property(tries = 300)
    void isTheOriginalAfterARebuild(@ForAll long seed, @ForAll boolean forget) {
        Random random = new Random(seed);
        World world = new World();
        DenormalisedCopy<Integer, String> copy = copy(world);
        List<Change<Integer, String>> late = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Change<Integer, String> change =
                    world.write(random.nextInt(10), random.nextInt(3) == 0 ? null : "v" + i, forget);
            switch (random.nextInt(3)) {
                case 0 -> copy.accept(change);
                case 1 -> late.add(change);
                default -> {}
            }
        }
        world.duringScan = () -> {
            for (int i = 0; i < 5; i++) {
                Change<Integer, String> change =
                        world.write(random.nextInt(10), random.nextInt(3) == 0 ? null : "during " + i, forget);
                if (random.nextBoolean()) {
                    copy.accept(change);
                } else {
                    late.add(change);
                }
            }
        };
        copy.rebuild();
        world.duringScan = () -> {};
        Collections.shuffle(late, random);
        late.forEach(copy::accept);
        copy.rebuild();
        assertThat(world.values(world.copy)).isEqualTo(world.values(world.original));
    }

    @Example
    void keepsACopyInPostgres() throws SQLException {
        DataSource database = TestDatabase.fresh();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE user_name (id integer PRIMARY KEY, version bigint NOT NULL, name text)");
        }
        World original = new World();
        DenormalisedCopy<Integer, String> copy = DenormalisedCopy.of(
                "names", new PostgresNames(database), original, Observer.none(), TimeSource.system());
        Change<Integer, String> ann = original.write(1, "Ann", true);
        Change<Integer, String> anna = original.write(1, "Anna", true);
        Change<Integer, String> bob = original.write(2, "Bob", true);
        assertThat(copy.accept(anna)).isEqualTo(Applied.APPLIED_AFTER_GAP);
        assertThat(copy.accept(ann)).isEqualTo(Applied.KNOWN);
        assertThat(copy.accept(anna)).isEqualTo(Applied.KNOWN);
        assertThat(copy.accept(bob)).isEqualTo(Applied.APPLIED);
        original.write(2, null, true);
        original.write(3, "Cid", true);
        assertThat(copy.rebuild()).isEqualTo(new Rebuilt(2, 1, 1));
        assertThat(copy.accept(bob)).isEqualTo(Applied.KNOWN);
        assertThat(names(database)).containsExactly("Anna", "Cid");
        assertThat(copy.rebuild()).isEqualTo(new Rebuilt(2, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Change<>(1, 4, 4, "x"));
    }

    private static List<String> names(DataSource database) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT name FROM user_name WHERE name IS NOT NULL ORDER BY id")) {
            while (row.next()) {
                names.add(row.getString(1));
            }
        }
        return names;
    }

    /** The statements of the interface's documentation. */
    private record PostgresNames(DataSource database) implements CopyStore<Integer, String> {

        @Override
        public long put(Integer key, long version, @Nullable String value) {
            try (Connection connection = database.getConnection();
                    PreparedStatement put = connection.prepareStatement("""
                            WITH old AS (SELECT version FROM user_name WHERE id = ?),
                            written AS (INSERT INTO user_name AS copy (id, version, name) VALUES (?, ?, ?)
                              ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name
                              WHERE copy.version < excluded.version)
                            SELECT coalesce((SELECT version FROM old), 0)""")) {
                put.setInt(1, key);
                put.setInt(2, key);
                put.setLong(3, version);
                put.setString(4, value);
                try (ResultSet row = put.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }

        @Override
        public boolean delete(Integer key, long version) {
            try (Connection connection = database.getConnection();
                    PreparedStatement delete = connection.prepareStatement(
                            "UPDATE user_name SET name = NULL WHERE id = ? AND version = ?")) {
                delete.setInt(1, key);
                delete.setLong(2, version);
                return delete.executeUpdate() == 1;
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }

        @Override
        public void keys(BiConsumer<? super Integer, ? super Long> sink) {
            try (Connection connection = database.getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet row =
                            statement.executeQuery("SELECT id, version FROM user_name WHERE name IS NOT NULL")) {
                while (row.next()) {
                    sink.accept(row.getInt(1), row.getLong(2));
                }
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    private static DenormalisedCopy<Integer, String> copy(World world) {
        return DenormalisedCopy.of("copy", world, world, Observer.none(), TimeSource.system());
    }
}
