package dev.tenfold.sharding;

import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.topology.Snapshot;
import dev.tenfold.topology.SnapshotCell;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The register of a sharder that shares its map with nobody. */
final class LocalRegister implements VersionedRegister<ShardMap> {

    private record Entry(@Nullable Versioned<ShardMap> held) implements Snapshot {
        @Override
        public long version() {
            return held == null ? 0 : held.version();
        }
    }

    private final SnapshotCell<Entry> cell = new SnapshotCell<>(new Entry(null));

    @Override
    public Optional<Versioned<ShardMap>> read() {
        return Optional.ofNullable(cell.current().held());
    }

    @Override
    public Optional<Versioned<ShardMap>> compareAndSet(long expectedVersion, ShardMap value) {
        // The cell refuses versions that are not newer, and offers of a version skipped ahead are caught here.
        Versioned<ShardMap> next = new Versioned<>(expectedVersion + 1, value);
        boolean expected = cell.current().version() == expectedVersion;
        return expected && cell.offer(new Entry(next)) ? Optional.of(next) : Optional.empty();
    }

    @Override
    public Watch watch(Consumer<? super Versioned<ShardMap>> listener) {
        return cell.watch(entry -> {
            if (entry.held() != null) {
                listener.accept(entry.held());
            }
        });
    }

    @Override
    public void close() {}
}
