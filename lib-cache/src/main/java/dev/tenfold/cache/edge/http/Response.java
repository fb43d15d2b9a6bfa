package dev.tenfold.cache.edge.http;

/**
 * A response of the origin or of the cache.
 *
 * @param status three digits
 * @param fields the header
 * @param body the content; whoever has the response closes it
 */
public record Response(int status, Fields fields, Body body) {

    /**
     * Makes a response of text.
     *
     * @param status three digits
     * @param fields the header
     * @param text the content, sent as UTF-8
     * @return the response
     */
    public static Response of(int status, Fields fields, String text) {
        return new Response(status, fields, Body.of(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    Response withFields(Fields other) {
        return new Response(status, other, body);
    }

    Response withBody(Body other) {
        return new Response(status, fields, other);
    }

    /** Returns whether it only says that the origin is unwell (RFC 5861, section 4). */
    boolean isFailure() {
        return status == 500 || status == 502 || status == 503 || status == 504;
    }
}
