package dev.tenfold.sharding.hot;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Spreads one key over several: each write goes to one of the salted keys, which have slots of their own, and a read asks
 * all of them and merges what they say.
 *
 * <pre>{@code
 * Salting<String> likes = Salting.text(8);                        // post:1, post:1#1 ... post:1#7
 * String home = likes.pick("post:1", random);                     // any of them
 * shards.write(home, (db, route) -> increment(db, route, home));
 * long total = likes.gather("post:1", key -> read(shards.locate(key), key), Long::sum);
 * }</pre>
 *
 * <p><b>For data that adds up, and no other:</b> counters, sets, logs of events, whatever can be written in part here and in
 * part there and be merged when read, in any order. A value that is overwritten, or checked before it is written, would
 * have several truths. Where one row must always be found again, choose its salt by the row ({@link #pick(Object, long)}).
 *
 * <p>Salt 0 is the key itself, so what was written before salting began is still read. To begin, let every process read all
 * salts before the first one writes to them; more salts may follow the same way, fewer only once the others' data has been
 * moved. Reads cost as many calls as there are salts, so salt only keys that are too hot to stay whole.
 *
 * <p>Immutable; thread-safe if the function is.
 *
 * @param <K> the kind of key
 */
public final class Salting<K> {

    /** The most salts. */
    public static final int MAX_SALTS = 1_024;

    private final int salts;
    private final BiFunction<? super K, ? super Integer, ? extends K> salted;

    private Salting(int salts, BiFunction<? super K, ? super Integer, ? extends K> salted) {
        if (salts < 1 || salts > MAX_SALTS) {
            throw new IllegalArgumentException("salts: " + salts + " (expected: 1 to " + MAX_SALTS + ")");
        }
        this.salts = salts;
        this.salted = salted;
    }

    /**
     * Salts keys of any kind.
     *
     * @param <K> the kind of key
     * @param salts how many keys each becomes, 1 to {@value #MAX_SALTS}
     * @param salted makes a key of a key and a salt from 1 on; pure, and no two pairs give the same key, nor one that is
     *     used otherwise
     * @return the salting
     * @throws IllegalArgumentException if the number is out of range
     */
    public static <K> Salting<K> of(int salts, BiFunction<? super K, ? super Integer, ? extends K> salted) {
        return new Salting<>(salts, salted);
    }

    /**
     * Salts text by appending {@code #} and the salt; ordinary keys must not end so.
     *
     * @param salts how many keys each becomes, 1 to {@value #MAX_SALTS}
     * @return the salting
     * @throws IllegalArgumentException if the number is out of range
     */
    public static Salting<String> text(int salts) {
        return new Salting<>(salts, (key, salt) -> key + "#" + salt);
    }

    /**
     * Returns how many keys each becomes.
     *
     * @return 1 to {@value #MAX_SALTS}
     */
    public int salts() {
        return salts;
    }

    /**
     * Changes the number of salts.
     *
     * @param other how many
     * @return a copy
     * @throws IllegalArgumentException if the number is out of range
     */
    public Salting<K> salts(int other) {
        return new Salting<>(other, salted);
    }

    /**
     * Returns one of the salted keys.
     *
     * @param key the key
     * @param salt 0 to {@link #salts()} - 1
     * @return for 0 the key itself
     * @throws IllegalArgumentException if there is no such salt
     */
    public K key(K key, int salt) {
        if (salt < 0 || salt >= salts) {
            throw new IllegalArgumentException("salt: " + salt + " (expected: 0 to " + (salts - 1) + ")");
        }
        return salt == 0 ? key : salted.apply(key, salt);
    }

    /**
     * Returns all salted keys, which a read has to ask.
     *
     * @param key the key
     * @return itself first
     */
    public List<K> keys(K key) {
        List<K> keys = new ArrayList<>(salts);
        for (int salt = 0; salt < salts; salt++) {
            keys.add(key(key, salt));
        }
        return List.copyOf(keys);
    }

    /**
     * Picks one of the salted keys by chance.
     *
     * @param key the key
     * @param random draws the salt
     * @return where to write
     */
    public K pick(K key, RandomGenerator random) {
        return key(key, random.nextInt(salts));
    }

    /**
     * Picks the salted key of a row, always the same while the number of salts is: a repeated write of the row hits the
     * first.
     *
     * @param key the key
     * @param row says which row, such as its id
     * @return where to write that row
     */
    public K pick(K key, long row) {
        // Fibonacci hashing: rows numbered one by one, or in steps, spread evenly.
        long mixed = (row ^ (row >>> 32)) * 0x9E3779B97F4A7C15L;
        return key(key, (int) (((mixed >>> 32) * salts) >>> 32));
    }

    /**
     * Reads all salted keys one after the other and merges the answers. To ask them at once, hand {@link #keys} to a
     * scatter.
     *
     * @param <R> the kind of answer
     * @param key the key
     * @param read reads one of them
     * @param merge adds up two answers; associative
     * @return the merged answer
     */
    public <R extends @Nullable Object> R gather(
            K key, Function<? super K, ? extends R> read, BinaryOperator<R> merge) {
        R merged = read.apply(key);
        for (int salt = 1; salt < salts; salt++) {
            merged = merge.apply(merged, read.apply(key(key, salt)));
        }
        return merged;
    }

    @Override
    public String toString() {
        return "Salting[salts=" + salts + "]";
    }
}
