package dev.tenfold.queue.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Every router against the plain definition of its kind, while bindings come and go. */
class TopicRouterProperties {

    /** One binding added or removed. */
    record Change(boolean bind, String target, String key) {}

    @Property(tries = 2_000)
    void topicAgreesWithTheDefinition(
            @ForAll("changes") List<Change> changes, @ForAll("routingKeys") List<String> routingKeys) {
        check(new TopicRouter<>(), changes, routingKeys, NaiveTopic::matches);
    }

    @Property(tries = 300)
    void directAgreesWithTheDefinition(
            @ForAll("changes") List<Change> changes, @ForAll("routingKeys") List<String> routingKeys) {
        check(new DirectRouter<>(), changes, routingKeys, String::equals);
    }

    @Property(tries = 300)
    void fanoutAgreesWithTheDefinition(
            @ForAll("changes") List<Change> changes, @ForAll("routingKeys") List<String> routingKeys) {
        check(new FanoutRouter<>(), changes, routingKeys, (binding, routing) -> true);
    }

    /** Routes each key three times after each change, so that the last answer comes from the cache where there is one. */
    private static void check(
            KeyRouter<String> router,
            List<Change> changes,
            List<String> routingKeys,
            java.util.function.BiPredicate<String, String> matches) {
        Map<String, Set<String>> model = new TreeMap<>();
        for (Change change : changes) {
            Set<String> keys = model.computeIfAbsent(change.target(), added -> new HashSet<>());
            if (change.bind()) {
                router.bind(change.target(), change.key());
                keys.add(change.key());
            } else {
                assertThat(router.unbind(change.target(), change.key())).isEqualTo(keys.remove(change.key()));
            }
            for (String routingKey : routingKeys) {
                Set<String> expected = model.entrySet().stream()
                        .filter(entry -> entry.getValue().stream().anyMatch(key -> matches.test(key, routingKey)))
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toSet());
                for (int i = 0; i < 3; i++) {
                    List<String> actual = router.route(routingKey);
                    assertThat(actual).doesNotHaveDuplicates().hasSize(expected.size());
                    assertThat(expected).as(routingKey).containsAll(actual);
                }
            }
        }
        Set<String> expected = new TreeSet<>();
        model.forEach((target, keys) -> keys.forEach(key -> expected.add(key + " " + target)));
        List<String> listed = new ArrayList<>();
        router.forEach((key, target) -> listed.add(key + " " + target));
        assertThat(listed).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Provide
    Arbitrary<List<Change>> changes() {
        Arbitrary<String> keys = words("a", "b", "", "*", "#", "*", "#");
        return Combinators.combine(Arbitraries.of(true, true, false), Arbitraries.of("q1", "q2", "q3"), keys)
                .as(Change::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(12);
    }

    @Provide
    Arbitrary<List<String>> routingKeys() {
        return words("a", "b", "c", "", "*", "#").list().ofMinSize(1).ofMaxSize(5);
    }

    private static Arbitrary<String> words(String... words) {
        return Arbitraries.of(words).list().ofMaxSize(6).map(list -> String.join(".", list));
    }
}
