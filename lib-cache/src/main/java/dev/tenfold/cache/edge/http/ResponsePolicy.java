package dev.tenfold.cache.edge.http;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a shared cache may do with a response (RFC 9111, sections 3 to 5; RFC 5861; RFC 9213).
 *
 * @param whyNot why it is not stored, in a word for Cache-Status; empty where it is
 * @param age how old it was when it was asked for
 * @param fresh its lifetime, zero where it is never used without being validated
 * @param staleWhileRevalidate how long after that it is served while it is renewed
 * @param staleIfError how long after that it is served while the origin fails
 * @param kept how long after its lifetime it is worth keeping
 * @param isNeverStale whether it must be validated once it is stale, whatever anybody says
 * @param varyOn the request fields it depends on, in lower case and order
 * @param unstored the fields that are for the first client only, in lower case
 */
record ResponsePolicy(
        String whyNot,
        Duration age,
        Duration fresh,
        Duration staleWhileRevalidate,
        Duration staleIfError,
        Duration kept,
        boolean isNeverStale,
        List<String> varyOn,
        List<String> unstored) {

    /** The final status codes that RFC 9110 defines and this cache knows how to treat; 206 is not stored. */
    private static final Set<Integer> UNDERSTOOD = Set.of(
            200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411,
            413, 414, 415, 421, 422, 426, 500, 501, 502, 503, 504, 505);

    /** RFC 9110, section 15.1, without 206. */
    private static final Set<Integer> HEURISTICALLY_CACHEABLE =
            Set.of(200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501);

    static ResponsePolicy of(Request request, Response response, CacheRules rules, Instant asked) {
        Fields fields = response.fields();
        CacheControl targeted = CacheControl.parseTargeted(fields.value("CDN-Cache-Control"));
        CacheControl control = targeted == null ? CacheControl.parse(fields.value("Cache-Control")) : targeted;
        Duration explicit = Freshness.explicit(control, targeted != null, fields, asked);
        boolean guessable = HEURISTICALLY_CACHEABLE.contains(response.status()) || control.has("public");
        Duration guessed = explicit == null && guessable ? Freshness.heuristic(fields, rules, asked) : null;
        Duration fresh = explicit != null ? explicit : guessed != null ? guessed : Duration.ZERO;
        boolean noCache = control.isUnqualified("no-cache");
        boolean never = control.has("must-revalidate")
                || control.has("proxy-revalidate")
                || noCache
                || (control.has("s-maxage")
                        && !control.has("stale-while-revalidate")
                        && !control.has("stale-if-error"));
        Duration whileRevalidating =
                never ? Duration.ZERO : seconds(control, "stale-while-revalidate", rules.staleWhileRevalidate());
        Duration ifError = never ? Duration.ZERO : seconds(control, "stale-if-error", rules.staleIfError());
        boolean hasValidator = fields.has("ETag") || fields.has("Last-Modified");
        Duration kept = longest(whileRevalidating, ifError, rules.keptStale());
        List<String> varyOn = varyOn(fields);
        String whyNot = whyNot(request, response, control, rules, explicit, guessed, hasValidator, varyOn);
        List<String> unstored = new ArrayList<>(control.fieldsOf("no-cache"));
        unstored.addAll(control.fieldsOf("private"));
        return new ResponsePolicy(
                whyNot,
                Freshness.initialAge(fields, asked),
                noCache ? Duration.ZERO : fresh,
                whileRevalidating,
                ifError,
                kept,
                never,
                varyOn,
                unstored);
    }

    boolean isStorable() {
        return whyNot.isEmpty();
    }

    /** RFC 9111, section 3. */
    private static String whyNot(
            Request request,
            Response response,
            CacheControl control,
            CacheRules rules,
            @Nullable Duration explicit,
            @Nullable Duration guessed,
            boolean hasValidator,
            List<String> varyOn) {
        int status = response.status();
        Fields fields = response.fields();
        boolean understood = UNDERSTOOD.contains(status);
        boolean mustUnderstand = control.has("must-understand");
        if (!request.isGet()) {
            return "method";
        }
        if (status < 200 || status == 206 || status == 304 || (mustUnderstand && !understood)) {
            return "status";
        }
        if (control.has("no-store") && !mustUnderstand) {
            return "no-store";
        }
        if (control.isUnqualified("private")) {
            return "private";
        }
        boolean forEverybody = control.has("public") || control.has("s-maxage") || control.has("must-revalidate");
        if (request.fields().has("Authorization") && !forEverybody) {
            return "authorization";
        }
        if (fields.has("Set-Cookie")
                && !control.has("public")
                && !control.has("s-maxage")
                && !control.fieldsOf("no-cache").contains("set-cookie")
                && !control.fieldsOf("private").contains("set-cookie")) {
            return "set-cookie";
        }
        if (varyOn.contains("*") || varyOn.size() > rules.maximumVaryFields()) {
            return "vary";
        }
        if (fields.size() > rules.maximumHeaderBytes() || response.body().length() > rules.maximumObjectBytes()) {
            return "size";
        }
        boolean lives = explicit != null || guessed != null || (hasValidator && understood && !response.isFailure());
        return lives ? "" : "lifetime";
    }

    private static List<String> varyOn(Fields fields) {
        TreeSet<String> names = new TreeSet<>();
        for (String line : fields.lines("Vary")) {
            for (String name : line.split(",", -1)) {
                if (!name.isBlank()) {
                    names.add(name.strip().toLowerCase(Locale.ROOT));
                }
            }
        }
        return List.copyOf(names);
    }

    private static Duration seconds(CacheControl control, String directive, Duration otherwise) {
        long seconds = control.seconds(directive);
        return seconds < 0 ? otherwise : Duration.ofSeconds(seconds);
    }

    private static Duration longest(Duration one, Duration two, Duration three) {
        Duration longer = one.compareTo(two) > 0 ? one : two;
        return longer.compareTo(three) > 0 ? longer : three;
    }
}
