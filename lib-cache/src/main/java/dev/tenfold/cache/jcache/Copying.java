package dev.tenfold.cache.jcache;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Set;
import java.util.UUID;
import javax.cache.CacheException;

/**
 * What is stored and handed out: the user's very objects, or copies of them that only the cache, or only the caller, has.
 * Copies are made by Java serialization, of what this process itself has just written, except of what cannot change.
 */
interface Copying {

    /** Objects of these very classes cannot change. */
    Set<Class<?>> IMMUTABLE = Set.of(
            String.class,
            Boolean.class,
            Character.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            BigInteger.class,
            BigDecimal.class,
            UUID.class,
            Instant.class,
            Duration.class,
            LocalDate.class,
            LocalDateTime.class);

    /**
     * Returns an object or a copy of it.
     *
     * @throws CacheException if it should be copied and cannot be serialized
     */
    <T> T copy(T original);

    /** Hands over the objects themselves. */
    static Copying byReference() {
        return new Copying() {
            @Override
            public <T> T copy(T original) {
                return original;
            }
        };
    }

    /** Copies, with classes as a class loader sees them. */
    static Copying byValue(ClassLoader loader) {
        return new Copying() {
            @Override
            public <T> T copy(T original) {
                return IMMUTABLE.contains(original.getClass()) || original instanceof Enum
                        ? original
                        : serialized(original, loader);
            }
        };
    }

    @SuppressWarnings({"unchecked", "BanSerializableRead"}) // the bytes are our own, and have not left this method
    private static <T> T serialized(T original, ClassLoader loader) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(original);
            }
            try (ObjectInputStream in = new LoadingStream(new ByteArrayInputStream(bytes.toByteArray()), loader)) {
                return (T) in.readObject();
            }
        } catch (IOException | ClassNotFoundException e) {
            throw new CacheException(
                    "no copy of a " + original.getClass().getName()
                            + " could be made (expected: Serializable, or a cache with setStoreByValue(false))",
                    e);
        }
    }

    /** Finds classes as the manager's class loader does. */
    final class LoadingStream extends ObjectInputStream {

        private final ClassLoader loader;

        private LoadingStream(InputStream in, ClassLoader loader) throws IOException {
            super(in);
            this.loader = loader;
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass description) throws IOException, ClassNotFoundException {
            try {
                return Class.forName(description.getName(), false, loader);
            } catch (ClassNotFoundException primitiveOrHidden) {
                return super.resolveClass(description);
            }
        }
    }
}
