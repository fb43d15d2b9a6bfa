package dev.tenfold.cache.jcache;

/** Shows an object as what it is beside the standard's type. */
final class Unwrapping {

    private Unwrapping() {}

    static <T> T as(Object object, Class<T> type) {
        if (!type.isInstance(object)) {
            throw new IllegalArgumentException("unwrap: " + type.getName() + " (expected: a type of "
                    + object.getClass().getSimpleName() + ")");
        }
        return type.cast(object);
    }
}
