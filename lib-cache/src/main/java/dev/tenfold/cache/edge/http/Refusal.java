package dev.tenfold.cache.edge.http;

/**
 * Why a request was not let through.
 *
 * @param status 429 where its client asked for too much, 503 where all clients together did
 * @param retryAfterSeconds when to come again, at least 1
 * @param reason which limit it was
 */
record Refusal(int status, long retryAfterSeconds, String reason) {

    Response response() {
        return Response.of(
                status,
                Fields.of(
                        "Retry-After",
                        Long.toString(retryAfterSeconds),
                        "Cache-Control",
                        "no-store",
                        "Content-Type",
                        "text/plain"),
                reason + "\n");
    }
}
