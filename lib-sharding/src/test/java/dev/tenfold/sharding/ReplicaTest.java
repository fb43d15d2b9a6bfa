package dev.tenfold.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.hash.Placement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Replicas of a key's data on distinct shards, and keys that share a slot by their tag. */
class ReplicaTest {

    private static final Map<String, String> ZONES =
            Map.of("s1", "a", "s2", "a", "s3", "b", "s4", "b", "s5", "c", "s6", "c");

    private static Sharder<Long, String> sharder(String... names) {
        SharderBuilder<Long, String> builder = Sharder.placedBy(Placement.boundedLoad(0.05));
        for (String name : names) {
            builder.shard(name, name);
        }
        return builder.slots(512).build();
    }

    @Test
    void areOnDistinctShardsInDistinctZones() {
        try (Sharder<Long, String> shards = sharder("s1", "s2", "s3", "s4", "s5", "s6")) {
            Map<String, Integer> held = new HashMap<>();
            for (long key = 0; key < 3_000; key++) {
                List<String> replicas = shards.replicas(key, 3, ZONES::get);
                assertThat(replicas).hasSize(3).first().isEqualTo(shards.locate(key));
                assertThat(replicas.stream().map(ZONES::get)).containsExactlyInAnyOrder("a", "b", "c");
                assertThat(shards.replicas(key, 9, ZONES::get)).hasSize(6).startsWith(replicas.toArray(String[]::new));
                replicas.forEach(shard -> held.merge(shard, 1, Integer::sum));
            }
            assertThat(held.values()).allMatch(count -> count > 1_200 && count < 1_800);
            assertThat(shards.replicas(1L, 3, name -> "one zone"))
                    .doesNotHaveDuplicates()
                    .hasSize(3);
            assertThatIllegalArgumentException().isThrownBy(() -> shards.replicas(1L, 0, ZONES::get));
        }
    }

    /** A shard that goes is replaced; the others of a key stay. */
    @Test
    void changeNoMoreThanTheShardsDo() {
        try (Sharder<Long, String> shards = sharder("s1", "s2", "s3", "s4", "s5", "s6")) {
            Map<Long, List<String>> before = new HashMap<>();
            for (long key = 0; key < 2_000; key++) {
                before.put(key, shards.replicas(key, 2, name -> name));
            }
            shards.apply(shards.plan(change -> change.remove("s4")));
            before.forEach((key, was) -> {
                List<String> is = shards.replicas(key, 2, name -> name);
                if (!was.get(0).equals("s4")) {
                    assertThat(new HashSet<>(is))
                            .containsAll(was.stream()
                                    .filter(name -> !name.equals("s4"))
                                    .toList());
                }
            });
        }
    }

    /** Slots as Redis Cluster numbers them: CLUSTER KEYSLOT of its documentation, and Jedis' JedisClusterCRC16Test. */
    @Test
    void tagsAndSlotsAreThoseOfRedisCluster() {
        SharderBuilder<String, String> builder = Sharder.<String, String>consistent()
                .slots(16_384)
                .hash(KeyHash.redis())
                .key(KeyForm.tagged());
        try (Sharder<String, String> shards =
                builder.shard("s1", "x").shard("s2", "y").build()) {
            assertThat(shards.route("51").slot()).isEqualTo(7_186);
            assertThat(shards.route("123456789").slot()).isEqualTo(0x31C3);
            assertThat(shards.route("{user1000}.following")).isEqualTo(shards.route("{user1000}.followers"));
        }
    }
}
