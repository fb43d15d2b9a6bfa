package dev.tenfold.cache.edge.http;

/**
 * What a copy is found by.
 *
 * @param target path and query
 * @param variant the values of the request fields that responses of the target vary on
 */
record HttpKey(String target, String variant) {

    @Override
    public String toString() {
        return target;
    }
}
