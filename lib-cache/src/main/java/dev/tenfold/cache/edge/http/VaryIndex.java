package dev.tenfold.cache.edge.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Which request fields the responses of a target vary on, as far as is known (RFC 9111, section 4.1). It only says where to
 * look: a target that was forgotten is a miss. The fields of a target are all that any of its responses named, which makes
 * copies more specific than need be and never less. Thread-safe.
 */
final class VaryIndex {

    private static final long MAXIMUM_TARGETS = 100_000;
    private static final int LONGEST_VARIANT = 512;

    /** What is known of one target; immutable. */
    private record Known(List<String> fields, Set<String> variants) {}

    private static final Known NOTHING = new Known(List.of(), Set.of());

    private final Cache<String, Known> targets =
            Caffeine.newBuilder().maximumSize(MAXIMUM_TARGETS).build();
    private final int maximumVariants;
    private final Consumer<HttpKey> dropped;

    VaryIndex(int maximumVariants, Consumer<HttpKey> dropped) {
        this.maximumVariants = maximumVariants;
        this.dropped = dropped;
    }

    /** Returns the key under which a request's copy is looked for. */
    HttpKey keyOf(Request request) {
        Known known = targets.getIfPresent(request.target());
        return known == null
                ? new HttpKey(request.target(), "")
                : new HttpKey(request.target(), variant(known.fields, request.fields()));
    }

    /** Learns what a response varies on, and returns the key it is stored under. */
    HttpKey learn(Request request, List<String> varyOn) {
        Known before = targets.getIfPresent(request.target());
        if (before == null && varyOn.isEmpty()) {
            return new HttpKey(request.target(), "");
        }
        List<String> gone = new ArrayList<>();
        String[] variant = {""};
        targets.asMap().compute(request.target(), (target, known) -> {
            Known old = known == null ? NOTHING : known;
            TreeSet<String> fields = new TreeSet<>(old.fields);
            boolean more = fields.addAll(varyOn);
            variant[0] = variant(List.copyOf(fields), request.fields());
            Set<String> variants = new LinkedHashSet<>(more ? Set.of() : old.variants);
            variants.add(variant[0]);
            gone.clear();
            while (variants.size() > maximumVariants) {
                String oldest = variants.iterator().next();
                variants.remove(oldest);
                gone.add(oldest);
            }
            return new Known(List.copyOf(fields), variants);
        });
        gone.forEach(oldest -> dropped.accept(new HttpKey(request.target(), oldest)));
        return new HttpKey(request.target(), variant[0]);
    }

    private static String variant(List<String> fields, Fields request) {
        StringBuilder variant = new StringBuilder();
        for (String field : fields) {
            String value = request.value(field);
            variant.append(field).append(value == null ? '-' : '=');
            if (value != null) {
                variant.append(normal(field, value));
            }
            variant.append('\n');
        }
        return variant.length() <= LONGEST_VARIANT ? variant.toString() : digest(variant.toString());
    }

    /** Bounds what a client can make the cache keep as a key. */
    private static String digest(String variant) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(variant.getBytes(StandardCharsets.UTF_8));
            return "sha-256 " + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException everyPlatformHasIt) {
            throw new IllegalStateException(everyPlatformHasIt);
        }
    }

    /** Takes away the differences that mean nothing: white space around commas, and case where it does not matter. */
    private static String normal(String field, String value) {
        String squeezed = value.strip().replaceAll("\\s*,\\s*", ",");
        return switch (field) {
            case "accept", "accept-encoding", "accept-language", "accept-charset" -> squeezed.toLowerCase(Locale.ROOT);
            default -> squeezed;
        };
    }
}
