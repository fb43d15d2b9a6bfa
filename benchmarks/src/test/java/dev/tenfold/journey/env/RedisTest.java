package dev.tenfold.journey.env;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RedisTest {

    @TempDir
    private Path folder;

    @Test
    void answersOnceItIsStartedAndNotOnceItIsClosed() throws Exception {
        URI address;
        try (Redis redis = Redis.start(folder)) {
            address = URI.create(redis.uri());
            new Socket(address.getHost(), address.getPort()).close();

            redis.suspend();
            assertThat(redis.isSuspended()).isTrue();
            redis.resume();
            assertThat(redis.isSuspended()).isFalse();
        }
        assertThatThrownBy(() -> new Socket(address.getHost(), address.getPort()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void saysWhyItDidNotStart() throws Exception {
        Path nowhere = folder.resolve("nowhere");
        assertThatThrownBy(() -> Redis.launch(folder.resolve("no such executable"), nowhere, folder.resolve("log")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("did not start in 5 attempts");
        Path liar = Files.writeString(folder.resolve("liar"), "#!/bin/sh\necho out of memory\nexit 7\n");
        assertThat(liar.toFile().setExecutable(true)).isTrue();
        assertThatThrownBy(() -> Redis.launch(liar, folder, folder.resolve("log")))
                .hasMessageContaining("out of memory")
                .hasRootCauseMessage("it ended with 7 before it answered");
    }
}
