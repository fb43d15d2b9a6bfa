package dev.tenfold.coordination;

import dev.tenfold.testing.LeaseContract;
import dev.tenfold.time.TimeSource;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class FileLeaseTest extends LeaseContract {

    @TempDir
    private Path folder;

    @Override
    protected Lease open(TimeSource time) {
        return Leases.over(
                Registers.file(folder.resolve("lease"), LeaseState.codec()).build(), time);
    }
}
