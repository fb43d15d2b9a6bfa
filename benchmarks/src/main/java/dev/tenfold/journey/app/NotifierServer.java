package dev.tenfold.journey.app;

import dev.tenfold.observe.Observer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** One notifier, one process. Over HTTP it only tells its metrics. */
public final class NotifierServer {

    private NotifierServer() {}

    /**
     * Notifies until standard input ends.
     *
     * @param arguments an {@link AppConfig}
     * @throws Exception if it cannot be wired or cannot listen
     */
    public static void main(String[] arguments) throws Exception {
        AppConfig config = AppConfig.parse(arguments);
        ChildServer server = new ChildServer();
        Meters meters = new Meters();
        Observer observer = Observer.all(meters.observer(), server.events());
        try (Parts parts = new Parts()) {
            Homes homes = new Homes(config, parts, meters, observer);
            Sql sql = new Sql(homes.lines(), null);
            sql.publish(meters);
            Notifier notifier = parts.add(new Notifier(homes.byShard().values(), sql, meters, observer));
            notifier.start();
            server.serve(
                    config.port(),
                    exchange -> {
                        byte[] text = meters.toText().getBytes(StandardCharsets.UTF_8);
                        exchange.sendResponseHeaders(200, text.length);
                        exchange.getResponseBody().write(text);
                        exchange.close();
                    },
                    Map.of("hang", value -> notifier.hang(Boolean.parseBoolean(value))));
        }
    }
}
