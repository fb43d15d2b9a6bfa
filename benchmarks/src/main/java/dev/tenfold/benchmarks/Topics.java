package dev.tenfold.benchmarks;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Keys of a topic exchange, the same ones on every run: four words such as {@code w17.w4.w93.w60}, of a hundred that are equally
 * likely at each place.
 */
public final class Topics {

    /** More than any router remembers. */
    public static final int FRESH = Requests.LENGTH;

    private static final int RECURRING = 1_000;
    private static final int WORDS = 4;
    private static final int VOCABULARY = 100;
    private static final long SEED = 20_240_229;

    private final Wildcards wildcards;
    private final SplittableRandom random = new SplittableRandom(SEED);

    /** Where wildcards are in binding keys. */
    public enum Wildcards {
        /** Two to four words; of ten keys, seven end in {@code #} or {@code *} instead of their last. */
        END,
        /** Each word of four is {@code *} in one of four cases, and {@code #} in one of ten, at most twice. */
        ANYWHERE
    }

    /** Chooses. */
    public Topics(Wildcards wildcards) {
        this.wildcards = wildcards;
    }

    /** Draws binding keys that all differ. */
    public String[] bindingKeys(int count) {
        Set<String> keys = new LinkedHashSet<>();
        while (keys.size() < count) {
            keys.add(wildcards == Wildcards.END ? endingInOne() : withSomeAnywhere());
        }
        return keys.toArray(String[]::new);
    }

    private String endingInOne() {
        int words = 2 + random.nextInt(WORDS - 1);
        StringBuilder key = new StringBuilder();
        for (int i = 1; i < words; i++) {
            key.append(word()).append('.');
        }
        int last = random.nextInt(10);
        return key.append(last < 4 ? "#" : last < 7 ? "*" : word()).toString();
    }

    private String withSomeAnywhere() {
        StringBuilder key = new StringBuilder();
        int anyWords = 0;
        for (int i = 0; i < WORDS; i++) {
            int chance = random.nextInt(20);
            boolean any = chance < 2 && anyWords < 2;
            anyWords += any ? 1 : 0;
            key.append(i == 0 ? "" : ".").append(any ? "#" : chance < 7 ? "*" : word());
        }
        return key.toString();
    }

    /** Draws routing keys. */
    public String[] routingKeys(int count) {
        String[] keys = new String[count];
        for (int i = 0; i < count; i++) {
            keys[i] = word() + "." + word() + "." + word() + "." + word();
        }
        return keys;
    }

    /** Picks by Zipf's law from the first of some keys, as often as {@link Requests} are made. */
    String[] recurring(String[] keys) {
        int[] ranks = Requests.zipf(RECURRING);
        String[] picked = new String[ranks.length];
        for (int i = 0; i < ranks.length; i++) {
            picked[i] = keys[ranks[i]];
        }
        return picked;
    }

    private String word() {
        return "w" + random.nextInt(VOCABULARY);
    }
}
