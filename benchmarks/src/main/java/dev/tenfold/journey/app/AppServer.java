package dev.tenfold.journey.app;

import dev.tenfold.session.SessionToken;
import dev.tenfold.time.TimeSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** One application server, one process. */
public final class AppServer {

    /** All servers sign with the same key. A real application takes it from its secret store. */
    private static final byte[] SECRET = "the journey is no secret".getBytes(StandardCharsets.UTF_8);

    private AppServer() {}

    /**
     * Serves until standard input ends.
     *
     * @param arguments an {@link AppConfig}
     * @throws Exception if the server cannot be wired or cannot listen
     */
    public static void main(String[] arguments) throws Exception {
        AppConfig config = AppConfig.parse(arguments);
        ChildServer server = new ChildServer();
        try (Wiring wiring = new Wiring(config, server.events())) {
            Illness illness = new Illness(TimeSource.system());
            server.serve(
                    config.port(),
                    illness.before(new Api(wiring, SessionToken.signedWith(SECRET))),
                    Map.of(
                            "slow", millis -> illness.slow(Duration.ofMillis(Long.parseLong(millis))),
                            "flap", millis -> illness.flap(Duration.ofMillis(Long.parseLong(millis)))));
        }
    }
}
