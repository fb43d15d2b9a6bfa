package dev.tenfold.journey.app;

import dev.tenfold.Tenfold;
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
        try (Tenfold application =
                Tenfold.application(config.name(), Observer.all(meters.observer(), server.events()))) {
            Homes homes = new Homes(config, application);
            Sql sql = application.add("statements", new Sql(homes.lines(), null));
            Notifier notifier =
                    application.add("mailboxes", new Notifier(application, homes, sql, config.journalFolder()));
            meters.publish(application);
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
