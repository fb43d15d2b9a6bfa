package dev.tenfold.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class KeyHashTest {

    private record Row(String tenant, String region, long id) {}

    @Test
    void takesGuavasFunctions() {
        HashFunction murmur = Hashing.murmur3_128(7);
        KeyHash hash = KeyHash.of(
                "murmur3_128",
                7,
                (bytes, at, length) -> murmur.hashBytes(bytes, at, length).asLong());
        assertThat(hash.hash("Zürich"))
                .isEqualTo(murmur.hashString("Zürich", StandardCharsets.UTF_8).asLong());
        assertThat(hash.hash(42L)).isEqualTo(murmur.hashLong(42).asLong());
        assertThat(hash.name()).isEqualTo("murmur3_128");
        assertThat(hash.seed()).isEqualTo(7);
    }

    @Test
    void takesHash4jsFunctions() {
        KeyHash hash =
                KeyHash.of("komihash5_0", 0, com.dynatrace.hash4j.hashing.Hashing.komihash5_0()::hashBytesToLong);
        assertThat(hash.hash("Zürich"))
                .isEqualTo(com.dynatrace.hash4j.hashing.Hashing.komihash5_0()
                        .hashBytesToLong("Zürich".getBytes(StandardCharsets.UTF_8)));
    }

    /** Names are stored, so one never comes to mean another function. */
    @Test
    void keepsItsNames() {
        assertThat(List.of(KeyHash.xxh3(), KeyHash.xxh64(), KeyHash.ketama(), KeyHash.redis()))
                .extracting(KeyHash::name)
                .containsExactly("xxh3_64_v1", "xxh64_v1", "ketama_md5_v1", "crc16_redis_v1")
                .allSatisfy(name -> assertThatIllegalArgumentException()
                        .isThrownBy(() -> KeyHash.of(name, 0, (bytes, at, length) -> 0)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyHash.of("Murmur", 0, (bytes, at, length) -> 0))
                .withMessageStartingWith("name: 'Murmur' (expected: 1 to 64 of a-z 0-9 _");
    }

    @Test
    void keepsTheRowsOfATenantTogether() {
        KeyForm<Row> byTenant = KeyForm.of(Row::tenant);
        assertThat(byTenant.hash(new Row("acme", "eu", 1), KeyHash.xxh3()))
                .isEqualTo(byTenant.hash(new Row("acme", "us", 2), KeyHash.xxh3()))
                .isEqualTo(KeyHash.xxh3().hash("acme"));
    }

    @Test
    void takesSeveralPartsTogether() {
        KeyForm<Row> form = KeyForm.composite(Row::tenant, Row::region);
        KeyHash hash = KeyHash.xxh3();
        assertThat(form.hash(new Row("acme", "eu", 1), hash))
                .isEqualTo(form.hash(new Row("acme", "eu", 2), hash))
                .isNotEqualTo(form.hash(new Row("acme", "us", 1), hash))
                .isNotEqualTo(form.hash(new Row("eu", "acme", 1), hash))
                .isNotEqualTo(form.hash(new Row("acm", "eeu", 1), hash));
        // Two hashes of 8 bytes, the least significant first, are a UUID written backwards.
        assertThat(form.hash(new Row("acme", "eu", 1), hash))
                .isEqualTo(
                        hash.hash(new UUID(Long.reverseBytes(hash.hash("acme")), Long.reverseBytes(hash.hash("eu")))));
        assertThat(KeyForm.composite(Row::tenant, Row::region, Row::id).hash(new Row("acme", "eu", 1), hash))
                .isNotEqualTo(
                        KeyForm.composite(Row::tenant, Row::region, Row::id).hash(new Row("acme", "eu", 2), hash));
    }

    /** Whether text is kept as one byte a character or two, ASCII or not, wherever the one other character stands. */
    @Test
    void hashesTextOfEveryLengthAndKindAsItsUtf8() {
        for (int length = 1; length <= 260; length++) {
            String ascii = "k".repeat(length);
            for (char other : new char[] {'\u007f', '\u0080', '\u00e9', '\u00ff', '\u0100', '\u4e2d', '\ud83d'}) {
                for (int at : new int[] {0, length / 2, length - 1}) {
                    String text = ascii.substring(0, at) + other + ascii.substring(at + 1);
                    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                    assertThat(KeyHash.xxh3(5).hash(text))
                            .as("U+%x at %d of %d", (int) other, at, length)
                            .isEqualTo(KeyHash.xxh3(5).hash(utf8, 0, utf8.length));
                }
            }
            // What the text before left in the buffer must not show.
            assertThat(KeyHash.xxh3(5).hash(ascii))
                    .isEqualTo(KeyHash.xxh3(5).hash(ascii.getBytes(StandardCharsets.UTF_8), 0, length));
        }
    }
}
