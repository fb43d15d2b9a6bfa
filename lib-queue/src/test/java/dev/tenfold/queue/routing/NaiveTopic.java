package dev.tenfold.queue.routing;

import java.util.List;

/** The definition of topic matching, word by word, without regard to cost. */
final class NaiveTopic {

    private NaiveTopic() {}

    static boolean matches(String bindingKey, String routingKey) {
        return matches(words(bindingKey), words(routingKey));
    }

    private static boolean matches(List<String> pattern, List<String> words) {
        if (pattern.isEmpty()) {
            return words.isEmpty();
        }
        List<String> rest = pattern.subList(1, pattern.size());
        if (pattern.get(0).equals("#")) {
            return matches(rest, words) || (!words.isEmpty() && matches(pattern, words.subList(1, words.size())));
        }
        return !words.isEmpty()
                && (pattern.get(0).equals("*") || pattern.get(0).equals(words.get(0)))
                && matches(rest, words.subList(1, words.size()));
    }

    private static List<String> words(String key) {
        return key.isEmpty() ? List.of() : List.of(key.split("\\.", -1));
    }
}
