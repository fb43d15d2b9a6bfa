package dev.tenfold.journey.page;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A headless Chromium of this machine, spoken to in the Chrome DevTools Protocol over the JDK's WebSocket. For one thread.
 *
 * @see <a href="https://chromedevtools.github.io/devtools-protocol/">the protocol</a>
 */
public final class Chromium implements AutoCloseable {

    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final int PATIENCE_SECONDS = 30;
    private static final String LISTENING = "DevTools listening on ws://";

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final Gson gson = new Gson();
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    /** Looks for a browser on the path. */
    public static Optional<Path> find() {
        return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator, -1))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Starts a browser with an empty profile in a folder. */
    public Chromium(Path browser, Path profile) throws Exception {
        process = new ProcessBuilder(
                        browser.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        String address = address(process);
        String list = http.send(
                        HttpRequest.newBuilder(URI.create("http://" + address + "/json/list"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        String page = "";
        for (JsonElement target : gson.fromJson(list, JsonArray.class)) {
            if (target.getAsJsonObject().get("type").getAsString().equals("page")) {
                page = target.getAsJsonObject().get("webSocketDebuggerUrl").getAsString();
            }
        }
        socket = http.newWebSocketBuilder()
                .buildAsync(URI.create(page), new Answers())
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        command("Log.enable", Map.of());
        command("Runtime.enable", Map.of());
    }

    private static String address(Process process) throws IOException {
        BufferedReader words =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = words.readLine(); line != null; line = words.readLine()) {
            if (line.startsWith(LISTENING)) {
                Thread rest = new Thread(() -> words.lines().forEach(ignored -> {}), "chromium-words");
                rest.setDaemon(true);
                rest.start();
                String address = line.substring(LISTENING.length());
                return address.substring(0, address.indexOf('/'));
            }
        }
        throw new IOException("the browser ended before it listened");
    }

    /** Puts the pieces of messages together and hands them to who waits. */
    private final class Answers implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                JsonObject message = gson.fromJson(text.toString(), JsonObject.class);
                text.setLength(0);
                if (message.has("id")) {
                    CompletableFuture<JsonObject> waiting =
                            answers.remove(message.get("id").getAsInt());
                    if (waiting != null) {
                        waiting.complete(message);
                    }
                } else {
                    complaint(message).ifPresent(complaints::add);
                }
            }
            from.request(1);
            return null;
        }
    }

    /** What a page writes to the console as an error, and what it throws. */
    private static Optional<String> complaint(JsonObject event) {
        String method = event.has("method") ? event.get("method").getAsString() : "";
        boolean error = method.equals("Log.entryAdded")
                && event.getAsJsonObject("params")
                        .getAsJsonObject("entry")
                        .get("level")
                        .getAsString()
                        .equals("error");
        return error || method.equals("Runtime.exceptionThrown")
                ? Optional.of(event.get("params").toString())
                : Optional.empty();
    }

    /** Returns the errors of all pages so far. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Writes what the window shows to a PNG file. */
    public void screenshot(Path file) throws Exception {
        JsonObject answer = command("Page.captureScreenshot", Map.of("format", "png"));
        Files.write(
                file,
                Base64.getDecoder()
                        .decode(answer.getAsJsonObject("result").get("data").getAsString()));
    }

    private JsonObject command(String method, Map<String, Object> parameters) throws Exception {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        answers.put(id, answer);
        socket.sendText(gson.toJson(Map.of("id", id, "method", method, "params", parameters)), true)
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Makes the window so large, and the system's colours light or dark. */
    public void look(int width, int height, boolean dark) throws Exception {
        command(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        command(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    /** Goes to a page and waits until a condition in JavaScript holds there. */
    public void open(URI page, String until) throws Exception {
        command("Page.navigate", Map.of("url", page.toString()));
        await("location.href !== 'about:blank' && (" + until + ")");
    }

    /** Waits until a condition in JavaScript holds. */
    public void await(String condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!"true".equals(evaluate("String(Boolean(" + condition + "))"))) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within " + PATIENCE_SECONDS + " s: " + condition + "; "
                        + evaluate("document.body.innerText"));
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** Evaluates JavaScript and returns the result as text. */
    public String evaluate(String expression) throws Exception {
        JsonObject answer = command("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
        JsonObject result = answer.getAsJsonObject("result");
        if (result == null || result.has("exceptionDetails")) {
            return "failed: " + answer;
        }
        JsonElement value = result.getAsJsonObject("result").get("value");
        return value == null ? "undefined" : value.getAsString();
    }

    @Override
    public void close() throws Exception {
        try {
            socket.abort();
        } finally {
            // Each of them writes into the profile as long as it lives.
            List<ProcessHandle> family = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                    .toList();
            family.forEach(ProcessHandle::destroyForcibly);
            for (ProcessHandle member : family) {
                member.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        }
    }
}
