package dev.tenfold.coordination;

import dev.tenfold.testing.LeaseContract;
import dev.tenfold.time.TimeSource;

final class MemoryLeaseTest extends LeaseContract {

    private final VersionedRegister<LeaseState> register = Registers.inMemory("lease");

    @Override
    protected Lease open(TimeSource time) {
        return Leases.over(register, time);
    }
}
