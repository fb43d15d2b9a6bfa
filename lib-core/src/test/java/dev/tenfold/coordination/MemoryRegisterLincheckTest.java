package dev.tenfold.coordination;

import dev.tenfold.coordination.VersionedRegister.Versioned;
import java.util.Optional;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Every interleaving Lincheck tries must have an order of the operations that one thread alone could have run. */
@Param(name = "version", gen = IntGen.class, conf = "0:3")
@Param(name = "value", gen = IntGen.class, conf = "1:9")
public final class MemoryRegisterLincheckTest {

    private final VersionedRegister<Integer> register = Registers.inMemory("lincheck");

    @Operation
    public String read() {
        return text(register.read());
    }

    @Operation
    public String compareAndSet(@Param(name = "version") int expected, @Param(name = "value") int value) {
        return text(register.compareAndSet(expected, value));
    }

    private static String text(Optional<Versioned<Integer>> versioned) {
        return versioned.map(now -> now.version() + ":" + now.value()).orElse("empty");
    }

    @Test
    void isLinearizable() {
        new ModelCheckingOptions()
                .iterations(3)
                .invocationsPerIteration(150)
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(MemoryRegisterLincheckTest.class);
    }
}
