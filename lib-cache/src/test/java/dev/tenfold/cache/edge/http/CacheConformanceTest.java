package dev.tenfold.cache.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The public HTTP cache tests that apply to a shared cache, on a simulated clock. What this cache does otherwise is listed here
 * with its reason, and a case that is listed must not pass; none of those listed is a requirement of RFC 9111.
 */
class CacheConformanceTest {

    private static final Map<String, String> OTHERWISE = otherwise();

    @TestFactory
    Stream<DynamicTest> behavesAsTheSuiteSays() throws IOException {
        return CacheTestCase.all().stream()
                .map(each -> DynamicTest.dynamicTest(each.id(), () -> {
                    String wrong = new CacheTestRun(each).play();
                    String reason = OTHERWISE.get(each.id());
                    if (reason == null) {
                        assertThat(wrong).as(each.kind()).isEmpty();
                    } else {
                        assertThat(wrong).as("expected otherwise: " + reason).isNotEmpty();
                    }
                }));
    }

    @Test
    void listsOnlyCasesThatExist() throws IOException {
        List<String> ids = CacheTestCase.all().stream().map(CacheTestCase::id).toList();
        assertThat(ids).hasSizeGreaterThan(350).doesNotHaveDuplicates().containsAll(OTHERWISE.keySet());
    }

    private static Map<String, String> otherwise() {
        Map<String, String> all = new HashMap<>();
        put(
                all,
                "of directives given twice the first counts (RFC 9111, 4.2.1 leaves the choice)",
                "freshness-max-age-two-stale-fresh-sameline",
                "freshness-max-age-two-stale-fresh-sepline");
        put(
                all,
                "a malformed lifetime counts as stale (RFC 9111, 4.2.1)",
                "freshness-max-age-decimal-zero",
                "freshness-max-age-decimal-five",
                "freshness-max-age-a100",
                "freshness-max-age-100a");
        put(all, "a malformed Age is ignored (RFC 9111, 5.1)", "age-parse-parameter", "age-parse-numeric-parameter");
        put(
                all,
                "a stale response is served only where it or the cache's rules say for how long",
                "stale-close",
                "stale-503",
                "stale-warning-stored",
                "stale-warning-become");
        put(
                all,
                "a tenth of the time since Last-Modified is over after three seconds",
                "heuristic-delta-5",
                "heuristic-delta-10",
                "heuristic-delta-30");
        put(all, "responses to POST are not stored", "method-POST");
        put(
                all,
                "servers may prefer the language that comes first, and the cache does not choose for them",
                "vary-normalise-lang-order",
                "vary-normalise-lang-select");
        put(
                all,
                "where there is no Last-Modified, Date stands in for it (RFC 9111, 4.3.2), and it is later",
                "conditional-lm-fresh-no-lm");
        put(
                all,
                "an entity tag without quotes is compared and sent as it is",
                "conditional-etag-quoted-respond-unquoted",
                "conditional-etag-unquoted-respond-quoted",
                "conditional-etag-strong-generate-unquoted");
        put(all, "only the variant that was asked for is validated", "conditional-etag-vary-headers-mismatch");
        put(
                all,
                "a miss asks for the whole response, to keep it, and answers the condition itself",
                "conditional-etag-forward",
                "conditional-etag-forward-unquoted");
        put(
                all,
                "what sets a cookie is kept only with public, s-maxage or no-cache=\"set-cookie\"",
                "headers-store-Set-Cookie",
                "304-etag-update-response-Set-Cookie",
                "other-set-cookie");
        put(
                all,
                "these describe the content in store, which a 304 does not change",
                "304-etag-update-response-Content-Encoding",
                "304-etag-update-response-Content-Range");
        put(
                all,
                "a response to HEAD changes nothing that is kept",
                "head-200-retain",
                "head-200-freshness-update",
                "head-200-update",
                "head-410-update");
        put(
                all,
                "parts are not stored, only cut from what is whole",
                "partial-store-partial-reuse-partial",
                "partial-store-partial-reuse-partial-byterange",
                "partial-store-partial-reuse-partial-absent",
                "partial-store-partial-reuse-partial-suffix",
                "partial-store-partial-complete");
        put(all, "the keys of a structured field are in lower case (RFC 8941, 3.2)", "cdn-max-age-case-insensitive");
        return all;
    }

    private static void put(Map<String, String> all, String reason, String... ids) {
        for (String id : ids) {
            all.put(id, reason);
        }
    }
}
