package dev.tenfold.cache.edge.http;

/**
 * A request to the cache or to the origin.
 *
 * @param method such as GET, in capitals
 * @param target path and query, such as {@code /search?q=1}, as they were sent
 * @param fields the header
 * @param body the content
 * @param client who asks, such as an address; the key of limits unless set otherwise
 */
public record Request(String method, String target, Fields fields, Body body, String client) {

    /**
     * Makes a GET request without content.
     *
     * @param target path and query
     * @param fields the header
     * @return the request, of a client without a name
     */
    public static Request get(String target, Fields fields) {
        return new Request("GET", target, fields, Body.empty(), "");
    }

    Request withFields(Fields other) {
        return new Request(method, target, other, body, client);
    }

    boolean isGet() {
        return method.equals("GET");
    }

    boolean isHead() {
        return method.equals("HEAD");
    }

    /** Returns whether the method promises to change nothing (RFC 9110, section 9.2.1). */
    boolean isSafe() {
        return switch (method) {
            case "GET", "HEAD", "OPTIONS", "TRACE" -> true;
            default -> false;
        };
    }
}
