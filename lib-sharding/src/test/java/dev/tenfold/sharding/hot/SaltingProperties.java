package dev.tenfold.sharding.hot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.sharding.Sharder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class SaltingProperties {

    /** Increments before salting, by chance and by row, with the salts raised midway: the sum is that of the model. */
    @Property(tries = 50)
    void sumsUpToTheModel(@ForAll @IntRange(min = 1, max = 16) int salts, @ForAll long seed) {
        Random random = new Random(seed);
        Map<String, Map<String, Long>> databases = new HashMap<>();
        Sharder<String, Map<String, Long>> shards = Sharder.<String, Map<String, Long>>consistent()
                .shard("s1", databases.computeIfAbsent("s1", s -> new HashMap<>()))
                .shard("s2", databases.computeIfAbsent("s2", s -> new HashMap<>()))
                .build();
        Salting<String> salting = Salting.text(1);
        Map<String, Long> model = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            if (i == 100) {
                salting = salting.salts(salts);
            }
            String key = "post:" + random.nextInt(3);
            long by = random.nextInt(10);
            String home = random.nextBoolean() ? salting.pick(key, random) : salting.pick(key, random.nextLong());
            shards.write(home, (db, route) -> db.merge(home, by, Long::sum));
            model.merge(key, by, Long::sum);
        }
        Salting<String> last = salting;
        model.forEach((key, sum) -> assertThat(
                        last.<Long>gather(key, salted -> shards.locate(salted).getOrDefault(salted, 0L), Long::sum))
                .as("seed %d", seed)
                .isEqualTo(sum));
    }

    @Example
    void spreadsRowsEvenlyAndFindsEachAgain() {
        Salting<String> salting = Salting.text(8);
        assertThat(salting.keys("k")).hasSize(8).doesNotHaveDuplicates().startsWith("k", "k#1");
        Map<String, Integer> held = new HashMap<>();
        for (long row = 0; row < 8_000; row++) {
            held.merge(salting.pick("k", row), 1, Integer::sum);
            assertThat(salting.pick("k", row)).isEqualTo(salting.pick("k", row));
        }
        assertThat(held.values()).allMatch(count -> count > 900 && count < 1_100);
        assertThatIllegalArgumentException().isThrownBy(() -> salting.key("k", 8));
        assertThatIllegalArgumentException().isThrownBy(() -> Salting.text(0));
        assertThat(Salting.<Long>of(3, (key, salt) -> key + salt * 1_000_000L).keys(5L))
                .isEqualTo(List.of(5L, 1_000_005L, 2_000_005L));
    }
}
