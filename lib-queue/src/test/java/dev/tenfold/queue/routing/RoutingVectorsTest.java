package dev.tenfold.queue.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of RabbitMQ's own suites. */
class RoutingVectorsTest {

    /** The bindings of deps/rabbit/test/routing_SUITE.erl, topic1; t27 is bound twice, with different arguments. */
    private static final List<String> BINDINGS = List.of(
            "a.b.c t1",
            "a.*.c t2",
            "a.#.b t3",
            "a.b.b.c t4",
            "# t5",
            "#.# t6",
            "#.b t7",
            "*.* t8",
            "a.* t9",
            "*.b.c t10",
            "a.# t11",
            "a.#.# t12",
            "b.b.c t13",
            "a.b.b t14",
            "a.b t15",
            "b.c t16",
            " t17",
            "*.*.* t18",
            "vodka.martini t19",
            "a.b.c t20",
            "*.# t21",
            "#.*.# t22",
            "*.#.# t23",
            "* t25",
            "#.b.# t26");

    @Test
    void everyRowOfTheTopicTable() throws IOException {
        int rows = 0;
        for (String row : lines("topic-match.tsv")) {
            String[] fields = row.split("\t", -1);
            TopicRouter<String> router = new TopicRouter<>();
            router.bind("queue", fields[0]);
            assertThat(router.route(fields[1]))
                    .as("'%s' against '%s', of %s", fields[1], fields[0], fields[3])
                    .isEqualTo(fields[2].equals("1") ? List.of("queue") : List.of());
            rows++;
        }
        assertThat(rows).isGreaterThan(400);
    }

    private static List<String> lines(String resource) throws IOException {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(RoutingVectorsTest.class.getResourceAsStream(resource)),
                StandardCharsets.UTF_8))) {
            return reader.lines().skip(1).toList();
        }
    }

    /** The second phase of topic1: some bindings are gone, and one of the two of t27. */
    @ParameterizedTest
    @CsvSource({
        "a.b.c, t2 t6 t10 t12 t18 t20 t22 t23 t26",
        "a.b, t3 t6 t7 t8 t9 t12 t15 t22 t23 t26",
        "a.b.b, t3 t6 t7 t12 t14 t18 t22 t23 t26",
        "'', t6 t17",
        "b.c.c, t6 t18 t22 t23 t26",
        "a.a.a.a.a, t6 t12 t22 t23",
        "vodka.gin, t6 t8 t22 t23",
        "vodka.martini, t6 t8 t22 t23",
        "b.b.c, t6 t10 t13 t18 t22 t23 t26",
        "nothing.here.at.all, t6 t22 t23",
        "oneword, t6 t22 t23 t25",
        "args-test, t6 t22 t23 t25 t27"
    })
    void afterUnbinding(String routingKey, String queues) {
        TopicRouter<String> router = new TopicRouter<>();
        for (String binding : BINDINGS) {
            int space = binding.lastIndexOf(' ');
            router.bind(binding.substring(space + 1), binding.substring(0, space));
        }
        assertThat(router.bind("t27", "args-test", Map.of("foo", "bar"))).isTrue();
        assertThat(router.bind("t27", "args-test", Map.of("foo", "baz"))).isTrue();
        assertThat(router.bind("t27", "args-test", Map.of("foo", "baz"))).isFalse();
        for (String gone : List.of("a.b.c t1", "# t5", "a.# t11", "vodka.martini t19", "*.# t21")) {
            int space = gone.lastIndexOf(' ');
            assertThat(router.unbind(gone.substring(space + 1), gone.substring(0, space)))
                    .isTrue();
        }
        assertThat(router.unbind("t27", "args-test", Map.of("foo", "bar"))).isTrue();
        assertThat(router.unbind("t27", "args-test", Map.of("foo", "bar"))).isFalse();

        assertThat(router.route(routingKey)).containsExactlyInAnyOrder(queues.split(" "));
    }

    /** rabbitmq-mock's ExchangeTest; the binding asks for os, cores and, of any value, brand. */
    @ParameterizedTest
    @CsvSource({
        "'', '', false",
        "'', 'os,linux', false",
        "'', 'os,linux,cores,8', false",
        "'', 'os,linux,cores,8,brand,Intel', true",
        "all, '', false",
        "all, 'os,linux,cores,4', false",
        "all, 'os,linux,cores,8', false",
        "all, 'os,linux,cores,8,brand,Intel', true",
        "any, '', false",
        "any, 'model,x', false",
        "any, 'os,linux', true",
        "any, 'cores,8', true",
        "any, 'os,linux,cores,4', true",
        "any, 'os,ios,cores,8', true",
        "any, 'brand,Intel', true",
        "any, 'cores,4,brand,Intel', true",
        "any, 'os,ios,brand,Intel', true"
    })
    void headers(String match, String headers, boolean expected) {
        Map<String, @Nullable Object> arguments = new HashMap<>();
        arguments.put("os", "linux");
        arguments.put("cores", 8);
        arguments.put("brand", null);
        if (!match.isEmpty()) {
            arguments.put("x-match", match);
        }
        HeadersRouter<String> router = new HeadersRouter<>();
        router.bind("queue", "", arguments);

        assertThat(router.route("any", values(headers))).isEqualTo(expected ? List.of("queue") : List.of());
    }

    private static Map<String, Object> values(String text) {
        List<String> fields = text.isEmpty() ? List.of() : Arrays.asList(text.split(","));
        Map<String, Object> values = new HashMap<>();
        for (int i = 0; i < fields.size(); i += 2) {
            String value = fields.get(i + 1);
            values.put(fields.get(i), value.matches("\\d+") ? Long.valueOf(value) : value);
        }
        return values;
    }

    @Test
    void headersThatStartWithXCountOnlyIfAskedFor() {
        HeadersRouter<String> router = new HeadersRouter<>();
        router.bind("plain", "", Map.of("x-match", "all", "a", 1, "x-b", 2));
        router.bind("withX", "", Map.of("x-match", "all-with-x", "a", 1, "x-b", 2));
        router.bind("anyPlain", "", Map.of("x-match", "any", "x-b", 2));
        router.bind("anyWithX", "", Map.of("x-match", "any-with-x", "x-b", 2));

        assertThat(router.route("", Map.of("a", 1))).containsExactly("plain");
        assertThat(router.route("", Map.of("a", 1, "x-b", 2.0))).containsExactlyInAnyOrder("plain");
        assertThat(router.route("", Map.of("a", 1, "x-b", 2L))).containsExactlyInAnyOrder("plain", "withX", "anyWithX");
    }

    @Test
    void aHashGivesEachTargetItsShareAndMovesNoOther() {
        HashRouter<String> router = new HashRouter<>(null, name -> name);
        router.bind("one", "1", Map.of());
        router.bind("two", "2", Map.of());
        router.bind("three", "1", Map.of());
        Map<String, String> before = new HashMap<>();
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            String target = router.route("key" + i, Map.of()).get(0);
            before.put("key" + i, target);
            counts.merge(target, 1, Integer::sum);
        }
        assertThat(counts.get("two")).isBetween(8_000, 12_000);
        assertThat(counts.get("one")).isBetween(3_500, 6_500);

        router.unbind("three", "1", Map.of());
        List<String> moved = new ArrayList<>();
        before.forEach((key, target) -> {
            if (!target.equals("three") && !router.route(key, Map.of()).get(0).equals(target)) {
                moved.add(key);
            }
        });
        assertThat(moved).isEmpty();
    }
}
