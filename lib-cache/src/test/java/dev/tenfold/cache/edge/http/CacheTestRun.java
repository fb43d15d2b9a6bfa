package dev.tenfold.cache.edge.http;

import dev.tenfold.cache.edge.http.CacheTestCase.Step;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Coordinates;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** Plays one case of the public cache tests against a cache, on a clock of its own. */
final class CacheTestRun {

    private static final Coordinates HERE = Coordinates.of(0, 0);
    private static final DateTimeFormatter RFC_850 =
            DateTimeFormatter.ofPattern("EEEE, dd-MMM-yy HH:mm:ss 'GMT'", Locale.US);

    private final CacheTestCase test;
    private final SimulatedTime time = new SimulatedTime();
    private final HttpCache cache;
    private final List<Runnable> background = new ArrayList<>();

    /** What the origin saw; the number of the step is the last field. */
    private final List<Request> seen = new ArrayList<>();

    private final List<Integer> seenSteps = new ArrayList<>();
    private List<String> lastSent = List.of();

    CacheTestRun(CacheTestCase test) {
        this.test = test;
        this.cache = HttpCache.builder("cache")
                .edge("here", HERE)
                .executor(background::add)
                .time(time)
                .observer(Observer.none())
                .build(this::origin);
    }

    /** Returns what went wrong, or an empty string. */
    String play() throws IOException {
        String previousNow = null;
        for (int i = 0; i < test.steps().size(); i++) {
            Step step = test.steps().get(i);
            int before = seen.size();
            Request request = request(step, i + 1, previousNow);
            Response response = cache.serve(HERE, request);
            String body = new String(response.body().stream().readAllBytes(), StandardCharsets.UTF_8);
            response.body().close();
            String wrong = check(step, i + 1, before, request, response, body);
            if (!wrong.isEmpty()) {
                return "request " + (i + 1) + ": " + wrong + " (" + response.status() + " "
                        + response.fields().value("Cache-Status") + ")";
            }
            previousNow = response.fields().value("Server-Now");
            List<Runnable> due = List.copyOf(background);
            background.clear();
            due.forEach(Runnable::run);
            time.advance(Duration.ofSeconds(step.pauseSeconds()));
        }
        return "";
    }

    private Request request(Step step, int number, String now) {
        String target = "/" + test.id();
        String method = step.request().get(0);
        Fields fields = Fields.of("Host", "cache.example", "Req-Num", Integer.toString(number));
        Body body = Body.empty();
        for (String part : step.request().subList(1, step.request().size())) {
            if (part.startsWith("/") || part.startsWith("?")) {
                target += part;
            } else if (part.startsWith("$ ")) {
                body = Body.of(part.substring(2).getBytes(StandardCharsets.UTF_8));
            } else {
                fields = plus(fields, part, now == null ? time.now() : Instant.parse(now), target);
            }
        }
        return new Request(method, target, fields, body, "");
    }

    private Response origin(Request request) throws IOException {
        int number = Integer.parseInt(Objects.requireNonNull(request.fields().value("Req-Num")));
        Step step = test.steps().get(number - 1);
        Step previous = number > 1 ? test.steps().get(number - 2) : step;
        seen.add(request);
        seenSteps.add(number);
        Instant now = time.now();
        Fields fields = Fields.of(
                "Server-Request-Count",
                Integer.toString(seen.size()),
                "Client-Request-Count",
                Integer.toString(number),
                "Server-Now",
                now.toString());
        int status = 200;
        String content = test.id();
        List<String> sent = new ArrayList<>();
        for (String part : step.origin()) {
            if (part.equals("close")) {
                throw new IOException("connection closed");
            } else if (part.equals("nobody")) {
                content = "";
            } else if (part.startsWith("pause ")) {
                time.advance(Duration.ofSeconds(Long.parseLong(part.substring(6))));
            } else if (part.startsWith("$ ")) {
                content = part.substring(2);
            } else if (part.matches("\\d{3}")) {
                status = Integer.parseInt(part);
            } else {
                fields = plus(fields, part.startsWith("~") ? part.substring(1) : part, now, request.target());
                if (!part.startsWith("~")) {
                    sent.add(part.substring(0, part.indexOf(':')));
                }
            }
        }
        if (expects(step, "etag_validated") || expects(step, "lm_validated")) {
            status = isValidated(request.fields(), previous) ? 304 : 999;
        }
        lastSent = sent;
        if (status == 304 || status == 204 || request.isHead()) {
            content = "";
        }
        if (!fields.has("Content-Type")) {
            fields = fields.plus("Content-Type", "text/plain");
        }
        return Response.of(status, fields, content);
    }

    private boolean isValidated(Fields request, Step previous) {
        for (String part : previous.origin()) {
            String field = part.startsWith("~") ? part.substring(1) : part;
            if (field.startsWith("ETag: ") && field.substring(6).equals(request.value("If-None-Match"))) {
                return true;
            }
            if (field.startsWith("Last-Modified: ") && request.has("If-Modified-Since")) {
                return true;
            }
        }
        return false;
    }

    private String check(Step step, int number, int before, Request request, Response response, String body) {
        boolean asked = seen.size() > before;
        int expectedStatus = 200;
        String expectedBody = test.id();
        for (String part : step.origin()) {
            if (part.matches("\\d{3}")) {
                expectedStatus = Integer.parseInt(part);
            } else if (part.startsWith("$ ")) {
                expectedBody = part.substring(2);
            } else if (part.equals("nobody")) {
                expectedBody = "";
            }
        }
        if (request.isHead()) {
            expectedBody = "";
        }
        boolean anyBody = false;
        boolean anyStatus = false;
        for (String part : step.expected()) {
            if (part.equals("anybody")) {
                anyBody = true;
            } else if (part.equals("status null")) {
                anyStatus = true;
            } else if (part.startsWith("status ")) {
                expectedStatus = Integer.parseInt(part.substring(7));
            } else if (part.startsWith("$ ")) {
                expectedBody = part.substring(2);
            }
        }
        for (String part : step.expected()) {
            String wrong = checkPart(part, number, asked, response);
            if (!wrong.isEmpty()) {
                return wrong;
            }
        }
        if (!anyStatus && response.status() != expectedStatus) {
            return "status " + response.status() + " instead of " + expectedStatus;
        }
        boolean noContent = response.status() == 304 || response.status() == 204;
        if (!anyBody && !noContent && !body.equals(expectedBody)) {
            return "content '" + body + "' instead of '" + expectedBody + "'";
        }
        if (asked) {
            for (String name : lastSent) {
                if (!name.equalsIgnoreCase("Date") && !response.fields().has(name)) {
                    return "the origin's " + name + " is gone";
                }
            }
        }
        return "";
    }

    private String checkPart(String part, int number, boolean asked, Response response) {
        Fields fields = response.fields();
        if (part.equals("cached")) {
            String count = fields.value("Client-Request-Count");
            boolean earlier = count != null && Integer.parseInt(count) < number;
            return earlier || (response.status() == 304 && !asked) ? "" : "not an earlier response";
        }
        if (part.equals("not_cached")) {
            return asked && String.valueOf(number).equals(fields.value("Client-Request-Count"))
                    ? ""
                    : "the origin was not asked";
        }
        if (part.endsWith("_validated")) {
            String validator = part.startsWith("etag") ? "If-None-Match" : "If-Modified-Since";
            return asked && last().fields().has(validator) ? "" : "not validated";
        }
        if (part.startsWith("method ")) {
            return asked && last().method().equals(part.substring(7)) ? "" : "the origin saw another method";
        }
        if (part.startsWith("sent ")) {
            if (!asked) {
                return "the origin was not asked";
            }
            String[] field = part.substring(5).split(": ", 2);
            String value = last().fields().value(field[0]);
            return value != null && (field.length == 1 || value.equals(field[1])) ? "" : part + ", not " + value;
        }
        if (part.startsWith("lacks ")) {
            String[] field = part.substring(6).split(": ", 2);
            String value = fields.value(field[0]);
            return value == null || (field.length == 2 && !value.contains(field[1])) ? "" : part;
        }
        if (part.startsWith("has ")) {
            return checkField(part.substring(4), fields);
        }
        return "";
    }

    private String checkField(String expected, Fields fields) {
        if (expected.contains(" > ")) {
            String[] halves = expected.split(" > ", 2);
            String value = fields.value(halves[0]);
            return value != null && Long.parseLong(value) > Long.parseLong(halves[1])
                    ? ""
                    : expected + ", not " + value;
        }
        String now = fields.value("Server-Now");
        Fields wanted = expected.contains(": ")
                ? plus(Fields.none(), expected, now == null ? time.now() : Instant.parse(now), "")
                : null;
        String name = expected.split(": ", 2)[0];
        String value = fields.value(name);
        return value != null && (wanted == null || value.equals(wanted.value(name))) ? "" : expected + ", not " + value;
    }

    private Request last() {
        return seen.get(seen.size() - 1);
    }

    private static boolean expects(Step step, String what) {
        return step.expected().contains(what);
    }

    private static Fields plus(Fields fields, String part, Instant now, String target) {
        int colon = part.indexOf(':');
        String name = part.substring(0, colon);
        String value = part.substring(colon + 1).strip();
        if (value.startsWith("@rfc850 ")) {
            Instant at = now.plusSeconds(Long.parseLong(value.substring(8)));
            value = RFC_850.format(at.atOffset(ZoneOffset.UTC));
        } else if (value.startsWith("@")) {
            value = HttpDates.format(now.plusSeconds(Long.parseLong(value.substring(1))));
        } else if (value.startsWith("^")) {
            value = target + value.substring(1);
        }
        return fields.plus(name, value);
    }
}
