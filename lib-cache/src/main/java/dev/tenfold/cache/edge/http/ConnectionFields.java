package dev.tenfold.cache.edge.http;

import java.util.ArrayList;
import java.util.List;

/** The fields that concern one connection only (RFC 9110, section 7.6.1), which a cache neither forwards nor stores. */
final class ConnectionFields {

    private static final List<String> ALWAYS = List.of(
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            "Proxy-Authenticate",
            "Proxy-Authentication-Info",
            "Proxy-Authorization",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade");

    private ConnectionFields() {}

    static Fields removed(Fields fields) {
        List<String> gone = new ArrayList<>(ALWAYS);
        for (String line : fields.lines("Connection")) {
            for (String name : line.split(",", -1)) {
                gone.add(name.strip());
            }
        }
        return fields.without(gone);
    }
}
