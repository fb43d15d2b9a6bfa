package dev.tenfold.coordination;

import dev.tenfold.testing.VersionedRegisterContract;

final class MemoryRegisterTest extends VersionedRegisterContract {

    private final VersionedRegister<String> register = Registers.inMemory("test");

    @Override
    protected VersionedRegister<String> open() {
        return register;
    }

    @Override
    protected void settle() {}

    @Override
    protected int writesPerThread() {
        return 10_000;
    }
}
