package dev.tenfold.cache.eviction;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * What each policy's table must pass: while nothing needs to be evicted, all operations on it look like those of a map in
 * some order; and in every end, map and policy hold the same nodes.
 *
 * <p>The specification is the same class run by one thread.
 */
@Param(name = "key", gen = IntGen.class, conf = "0:1")
@Param(name = "value", gen = IntGen.class, conf = "1:3")
public abstract class PolicyTableLincheck {

    private final BoundedTable<Integer, Integer> table;

    PolicyTableLincheck(BoundedTable<Integer, Integer> table) {
        this.table = table;
    }

    @Operation
    public Integer get(@Param(name = "key") int key) {
        return table.get(key);
    }

    @Operation
    public Integer put(@Param(name = "key") int key, @Param(name = "value") int value) {
        return table.put(key, value);
    }

    @Operation
    public boolean replace(@Param(name = "key") int key, @Param(name = "value") int value) {
        return table.replace(key, value, value + 10);
    }

    @Operation
    public Integer putIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
        return table.putIfAbsent(key, value);
    }

    @Operation
    public Integer remove(@Param(name = "key") int key) {
        return table.remove(key);
    }

    @Validate
    public void mapAndPolicyAgree() {
        ((PolicyTable<?, ?>) table).check();
    }

    @Test
    void isLinearizable() {
        new StressOptions()
                .iterations(5)
                .invocationsPerIteration(200)
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(getClass());
    }
}
