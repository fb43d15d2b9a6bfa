package dev.tenfold.cache.edge.http;

import dev.tenfold.cache.edge.Served;
import java.util.Locale;
import java.util.regex.Pattern;

/** The Cache-Status field (RFC 9211): how the cache came to its response. */
final class CacheStatus {

    private static final Pattern TOKEN = Pattern.compile("[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]*");

    private final String name;

    CacheStatus(String name) {
        this.name = TOKEN.matcher(name).matches() ? name : quoted(name);
    }

    /** Says where a response came from that the network answered. */
    Fields of(Fields fields, Lookup lookup, Served<Stored> served, Stored stored) {
        StringBuilder status = new StringBuilder(name);
        boolean fetched = lookup.isForwarded;
        boolean isOfTheNetwork = served.source() != Served.Source.ORIGIN;
        boolean hit = isOfTheNetwork && (!fetched || served.state() != Served.State.STALE);
        if (hit) {
            status.append("; hit");
        } else {
            status.append("; fwd=").append(lookup.reason);
            if (!fetched) {
                status.append("; collapsed");
            } else if (lookup.forwardedStatus != 0) {
                status.append("; fwd-status=").append(lookup.forwardedStatus);
            }
            if (fetched && lookup.isStored) {
                status.append("; stored");
            }
        }
        if (stored.policy().isStorable()) {
            long ttl = stored.policy().fresh().minus(served.age()).toSeconds();
            status.append("; ttl=").append(ttl);
        }
        String place = served.edge() + "/" + served.source().name().toLowerCase(Locale.ROOT)
                + (served.state() == Served.State.FRESH
                        ? ""
                        : "/" + served.state().name().toLowerCase(Locale.ROOT));
        status.append("; detail=").append(quoted(place));
        return fields.plus("Cache-Status", status.toString());
    }

    /** Says that the network was not asked. */
    Fields forwarded(Fields fields, String reason, int status) {
        return fields.plus("Cache-Status", name + "; fwd=" + reason + "; fwd-status=" + status);
    }

    /** Says that the cache made the response itself. */
    Fields own(String why) {
        return Fields.of("Cache-Status", name + "; detail=" + quoted(why));
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
