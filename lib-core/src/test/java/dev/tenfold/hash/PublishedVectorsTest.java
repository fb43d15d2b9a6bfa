package dev.tenfold.hash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A handful of the published values for each algorithm that has some, re-typed from the projects that are named. */
class PublishedVectorsTest {

    /** grpc-java's XxHash64Test: the bytes 0, 1, 2, ... with seeds 0 and 42. */
    @ParameterizedTest
    @CsvSource({
        "0, -1205034819632174695, -7444071767201028348",
        "1, -1642502924627794072, -8959994473701255385",
        "3, -1889335612763511331, 6019482000716350659",
        "4, -13835840860730338, -6625277557348586272",
        "9, 7482827008138251355, -7989831429045113014",
        "12, 4776896707697368229, -7576144055863289344",
        "19, -626480755095427154, -3059673981515537339",
        "31, -4375578310507393311, -8988936099728967847",
        "32, -3749919242623962444, -8644129751861931918",
        "33, 888155921178136237, 2046936095001747419",
        "64, -592659849139514384, -3582744155969569138",
        "100, 7692681977284421015, -9107075101236275961",
        "1023, 1887955086977822594, 4879532090226251157"
    })
    void xxh64(int length, long seed0, long seed42) {
        byte[] bytes = new byte[length + 2];
        for (int i = 0; i < length; i++) {
            bytes[i + 1] = (byte) i;
        }
        assertThat(KeyHash.xxh64().hash(bytes, 1, length)).isEqualTo(seed0);
        assertThat(KeyHash.xxh64(42).hash(bytes, 1, length)).isEqualTo(seed42);
    }

    /** libketama's own test program, by way of spymemcached's DefaultHashAlgorithmTest. */
    @ParameterizedTest
    @CsvSource({"26, 3979113294", "1404, 2065000984", "4177, 1125759251", "105106, 3986458246", "355107, 3611074310"})
    void ketamaHash(String key, long expected) {
        assertThat(KeyHash.ketama().hash(key) >>> 32).isEqualTo(expected);
    }

    /** spymemcached's KetamaNodeLocatorTest. */
    @ParameterizedTest
    @CsvSource({
        "4, dustin, 0", "4, noelani, 2", "4, some other key, 0", "4, V5XS8C8N, 3", "4, L9KH6X4X, 3",
        "5, dustin, 0", "5, some other key, 4", "5, 36, 2", "5, 10037, 3", "5, 22051, 1"
    })
    void ketamaRing(int servers, String key, int expected) {
        List<Node> nodes = IntStream.range(0, servers)
                .mapToObj(i -> Node.of("127.0.0.1:" + (10_000 + i)))
                .toList();
        assertThat(HashRing.ketama(nodes).owner(KeyHash.ketama().hash(key))).isEqualTo(expected);
    }

    /** spymemcached's KetamaNodeLocatorTest: libketama's answers for eight servers. */
    @ParameterizedTest
    @CsvSource({"137470, 2", "137703, 3", "137936, 1", "138169, 6", "138402, 8", "138635, 7", "139101, 4", "141664, 5"})
    void ketamaRingOfLibketama(String key, int server) {
        List<Node> nodes = IntStream.rangeClosed(1, 8)
                .mapToObj(i -> Node.of("10.0.1." + i + ":11211"))
                .toList();
        assertThat(HashRing.ketama(nodes).owner(KeyHash.ketama().hash(key)) + 1).isEqualTo(server);
    }

    /** spymemcached's KetamaNodeLocatorTest: weighted, named as libmemcached does, without the default port. */
    @ParameterizedTest
    @CsvSource({"key1, 1", "key2, 0", "key3, 1", "key4, 1"})
    void ketamaRingOfLibmemcached(String key, int expected) {
        List<Node> nodes = List.of(new Node("localhost", 8), new Node("localhost:11212", 8));
        assertThat(HashRing.ketama(nodes).owner(KeyHash.ketama().hash(key))).isEqualTo(expected);
    }

    /** Jedis' JedisClusterCRC16Test. */
    @ParameterizedTest
    @CsvSource({
        "'', 0",
        "123456789, 0x31C3",
        "sfger132515, 0xA45C",
        "hae9Napahngaikeethievubaibogiech, 0x58CE",
        "AAAAAAAAAAAAAAAAAAAAAA, 0x92CD",
        "'Hello, World!', 0x4FD6"
    })
    void crc16(String text, String expected) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(Crc16.crc(bytes, 0, bytes.length)).isEqualTo(Integer.decode(expected));
    }

    /** The Redis Cluster specification, and Jedis. */
    @Test
    void redisSlots() {
        KeyForm<String> tagged = KeyForm.tagged();
        KeyHash redis = KeyHash.redis();
        assertThat(redis.hash("51") >>> 50).isEqualTo(7_186);
        assertThat(tagged.hash("foo{{bar}}zap", redis)).isEqualTo(redis.hash("{bar"));
        assertThat(tagged.hash("{user1000}.following", redis)).isEqualTo(tagged.hash("{user1000}.followers", redis));
        assertThat(tagged.hash("foo{}{bar}", redis)).isEqualTo(redis.hash("foo{}{bar}"));
        assertThat(tagged.hash("foo{bar}{zap}", redis)).isEqualTo(redis.hash("bar"));
        assertThat(tagged.hash("foo{bar", redis)).isEqualTo(redis.hash("foo{bar"));
        assertThat(tagged.hash("foo}bar{", redis)).isEqualTo(redis.hash("foo}bar{"));
    }

    /** go-maglev: the paper's example of three backends and seven entries, then without the second. */
    @Test
    void maglevOfThePaper() {
        assertThat(Maglev.fill(new int[] {2, 0, 1}, new int[] {4, 5, 2}, new int[] {1, 1, 1}, 7))
                .containsExactly(1, 2, 0, 2, 0, 1, 0);
        assertThat(Maglev.fill(new int[] {2, 1}, new int[] {4, 2}, new int[] {1, 1}, 7))
                .containsExactly(0, 1, 0, 1, 0, 1, 0);
    }

    /** Envoy's maglev_lb_test: hosts by address and by name. */
    @Test
    void maglevOfEnvoy() {
        assertThat(maglevTable("127.0.0.1:")).containsExactly(2, 4, 0, 1, 5, 0, 3);
        assertThat(maglevTable("")).containsExactly(2, 5, 0, 3, 4, 1, 0);
    }

    private static int[] maglevTable(String prefix) {
        ConsistentHash maglev = ConsistentHash.maglev(
                IntStream.range(90, 96).mapToObj(i -> Node.of(prefix + i)).toList(), 7);
        // The smallest hash of each entry: entries share the hashes by their top bits.
        return IntStream.range(0, 7)
                .map(entry -> maglev.owner(((((long) entry << 32) + 6) / 7) << 32))
                .toArray();
    }

    /** Envoy's ring_hash_lb_test: what it hashes for a host's points is the XXH64 of address and number. */
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:94, 833437586790550860",
        "127.0.0.1:92, 928266305478181108",
        "127.0.0.1:90, 1033482794131418490"
    })
    void pointsOfEnvoysRing(String address, long point) {
        assertThat(point)
                .isIn(KeyHash.xxh64().hash(address + "_0"), KeyHash.xxh64().hash(address + "_1"));
    }
}
