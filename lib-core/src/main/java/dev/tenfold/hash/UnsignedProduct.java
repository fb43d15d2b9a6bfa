package dev.tenfold.hash;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/** The upper half of the 128-bit product of two unsigned numbers: one instruction from JDK 18 on, several before. */
final class UnsignedProduct {

    /** {@code Math.unsignedMultiplyHigh}, where there is one; the compiler inlines what a constant handle points to. */
    private static final @Nullable MethodHandle HIGH = find();

    private UnsignedProduct() {}

    static long high(long a, long b) {
        if (HIGH == null) {
            return Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
        }
        try {
            return (long) HIGH.invokeExact(a, b);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static @Nullable MethodHandle find() {
        try {
            return MethodHandles.publicLookup()
                    .findStatic(
                            Math.class,
                            "unsignedMultiplyHigh",
                            MethodType.methodType(long.class, long.class, long.class));
        } catch (NoSuchMethodException before18) {
            return null;
        } catch (IllegalAccessException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
