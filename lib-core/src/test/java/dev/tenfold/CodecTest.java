package dev.tenfold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CodecTest {

    @Test
    void textComesBackAsItWas() {
        Codec<String> codec = Codec.utf8();

        assertThat(codec.decode(codec.encode("Grüße, 世界"))).isEqualTo("Grüße, 世界");
    }

    @Test
    void malformedTextIsRefused() {
        assertThatThrownBy(() -> Codec.utf8().decode(new byte[] {'a', (byte) 0xC3}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("text: 2 bytes (expected: well-formed UTF-8)");
    }
}
