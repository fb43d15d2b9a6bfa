package dev.tenfold.cache.edge.http;

import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;

/** What a client gets of a response: all of it, its header, a range, or that it has not changed. */
final class Part {

    private static final Set<String> OF_THE_CONTENT =
            Set.of("Content-Length", "Content-Type", "Content-Encoding", "Content-Language", "Content-Range");

    private Part() {}

    static Response of(Request request, Response full, Instant now) throws IOException {
        Fields fields = full.fields();
        if (full.status() == 200 && Validators.isNotModified(request.fields(), fields, now)) {
            full.body().close();
            return new Response(304, fields.without(OF_THE_CONTENT), Body.empty());
        }
        if (request.isHead()) {
            String length = Long.toString(full.body().length());
            full.body().close();
            return new Response(full.status(), fields.with("Content-Length", length), Body.empty());
        }
        byte[] bytes = full.body().bytes();
        if (bytes == null || full.status() != 200 || !Validators.allowsRange(request.fields(), fields)) {
            return full;
        }
        ByteRange range = ByteRange.parse(request.fields().value("Range"), bytes.length);
        if (range == null) {
            return full;
        }
        if (!range.isSatisfiable()) {
            return new Response(
                    416, fields.without(OF_THE_CONTENT).with("Content-Range", "bytes */" + bytes.length), Body.empty());
        }
        String which = "bytes " + range.from() + "-" + range.to() + "/" + bytes.length;
        return new Response(
                206,
                fields.without(Set.of("Content-Length")).with("Content-Range", which),
                Body.of(Arrays.copyOfRange(bytes, range.from(), range.to() + 1)));
    }
}
