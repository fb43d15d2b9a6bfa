package dev.tenfold.journey.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The application over HTTP. Two cookies carry all there is of a session: {@code login} names it in the shared tier, and
 * {@code seen} says what its reads must not fall behind.
 */
final class Api implements HttpHandler {

    private static final int TOKEN_BYTES = 16;
    private static final Answer DONE = new Answer(204, "");

    private final Social social;
    private final Logins logins;
    private final Wiring wiring;
    private final SessionToken tokens;
    private final SecureRandom random = new SecureRandom();
    private final LongAdder requests = new LongAdder();

    Api(Wiring wiring, SessionToken tokens) {
        this.social = wiring.social();
        this.logins = wiring.logins();
        this.wiring = wiring;
        this.tokens = tokens;
        wiring.meters().count("app.requests", "requests of people", requests::sum);
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Answer answer;
        try {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            answer = answer(exchange, body);
        } catch (Exception failure) {
            int status = Failure.status(failure, exchange.getRequestMethod().equals("GET"));
            answer = new Answer(status, failure.toString());
        }
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private Answer answer(HttpExchange exchange, String body) throws Exception {
        String[] path = exchange.getRequestURI().getPath().substring(1).split("/", -1);
        return switch (path[0]) {
            case "health" -> new Answer(200, "ready\n");
            case "metrics" -> new Answer(200, wiring.meters().toText());
            case "describe" -> new Answer(200, wiring.describe());
            case "login" -> login(exchange, Long.parseLong(path[1]));
            default -> serve(exchange, path, body);
        };
    }

    private Answer login(HttpExchange exchange, long person) throws Exception {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = HexFormat.of().formatHex(bytes);
        logins.remember(token, person);
        exchange.getResponseHeaders().add("Set-Cookie", "login=" + token + "; HttpOnly");
        return DONE;
    }

    private Answer serve(HttpExchange exchange, String[] path, String body) throws Exception {
        requests.increment();
        OptionalLong login = logins.whoIs(cookie(exchange, "login"));
        if (login.isEmpty()) {
            return new Answer(Answer.LOGGED_OUT, "log in first\n");
        }
        String seen = cookie(exchange, "seen");
        Session session = seen.isEmpty() ? new Session() : tokens.decode(seen);
        try {
            return act(session, login.getAsLong(), exchange, path, body);
        } finally {
            // Also after a failure: a write of unknown outcome must be looked for on the primary.
            exchange.getResponseHeaders().add("Set-Cookie", "seen=" + tokens.encode(session) + "; HttpOnly");
        }
    }

    private Answer act(Session session, long me, HttpExchange exchange, String[] path, String body) throws Exception {
        return switch (exchange.getRequestMethod() + " " + path[0]) {
            case "GET users" -> profile(session, Long.parseLong(path[1]));
            case "PUT users" -> change(session, me, Long.parseLong(path[1]), version(exchange), body);
            case "POST posts" -> {
                social.post(session, new Post(Long.parseLong(path[1]), me, body));
                yield DONE;
            }
            case "POST follow" -> {
                social.follow(session, me, Long.parseLong(path[1]));
                yield DONE;
            }
            case "GET timeline" -> {
                StringBuilder text = new StringBuilder();
                social.timeline(session, me).forEach(post -> text.append(post.toText()));
                yield new Answer(200, text.toString());
            }
            default -> new Answer(404, "no such thing\n");
        };
    }

    private Answer profile(Session session, long id) throws Exception {
        @Nullable Profile profile = social.profile(session, id);
        return profile == null ? new Answer(404, "no such user\n") : new Answer(200, profile.toText());
    }

    private Answer change(Session session, long me, long id, long version, String about) throws Exception {
        if (id != me) {
            return new Answer(403, "not your profile\n");
        }
        social.change(session, id, version, about);
        return DONE;
    }

    /** The only parameter there is. */
    private static long version(HttpExchange exchange) {
        String query = exchange.getRequestURI().getQuery();
        return Long.parseLong(query.substring("version=".length()));
    }

    private static String cookie(HttpExchange exchange, String name) {
        List<String> headers = exchange.getRequestHeaders().getOrDefault("Cookie", List.of());
        for (String header : headers) {
            for (String cookie : header.split("; ", -1)) {
                if (cookie.startsWith(name + "=")) {
                    return cookie.substring(name.length() + 1);
                }
            }
        }
        return "";
    }
}
