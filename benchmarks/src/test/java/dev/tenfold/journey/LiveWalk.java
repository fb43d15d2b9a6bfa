package dev.tenfold.journey;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.tenfold.journey.page.Chromium;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Presses every button of the live view on the real system, in a browser, and says what each did. For a person to run: {@code
 * LiveWalk <folder for screenshots> [<stage, 10 for everything> [<parts, a regular expression>]]}. Ends with 1 if a button had no effect or the page complained.
 */
public final class LiveWalk implements AutoCloseable {

    private static final String RESTORE = "restore";
    private static final long PATIENCE_SECONDS = 40;

    private final Chromium browser;
    private final Path folder;
    private final Gson gson = new Gson();
    private final List<String> problems = new ArrayList<>();
    private final long start = System.nanoTime();

    private LiveWalk(Chromium browser, Path folder) {
        this.browser = browser;
        this.folder = folder;
    }

    /**
     * Walks through the view.
     *
     * @param arguments a folder for screenshots, and what to walk through unless it is all of everything
     * @throws Exception if there is no browser, or the journey does not start
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        CompletableFuture<URI> address = new CompletableFuture<>();
        List<String> options = new ArrayList<>(List.of("--live", "0", "--for", "900"));
        if (arguments.length > 1 && !arguments[1].equals("10")) {
            options.addAll(List.of("--stage", arguments[1]));
        }
        Thread journey = new Thread(() -> Journey.execute(listening(address), options.toArray(String[]::new)));
        journey.setDaemon(true);
        journey.start();
        int problems;
        try (LiveWalk walk =
                new LiveWalk(new Chromium(Chromium.find().orElseThrow(), folder.resolve("profile")), folder)) {
            problems = walk.through(address.get(5, TimeUnit.MINUTES), arguments.length > 2 ? arguments[2] : ".*");
        }
        System.exit(problems == 0 ? 0 : 1);
    }

    private static PrintStream listening(CompletableFuture<URI> address) {
        StringBuilder line = new StringBuilder();
        return new PrintStream(
                new OutputStream() {
                    @Override
                    public void write(int letter) {
                        System.out.write(letter);
                        line.append((char) letter);
                        if (letter == '\n') {
                            int found = line.indexOf("http://127.0.0.1:");
                            if (found >= 0) {
                                address.complete(URI.create(line.substring(found, line.indexOf(" ", found))));
                            }
                            System.out.flush();
                            line.setLength(0);
                        }
                    }
                },
                true,
                StandardCharsets.UTF_8);
    }

    private int through(URI address, String wanted) throws Exception {
        browser.look(1280, 900, false);
        browser.open(address, "true");
        for (long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(4); !ready() && System.nanoTime() - end < 0; ) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(3));
        shots("begin");
        for (JsonObject part : parts()) {
            if (!part.get("id").getAsString().matches(wanted)) {
                continue;
            }
            for (JsonElement action : part.getAsJsonArray("actions")) {
                if (!action.getAsString().equals(RESTORE)) {
                    press(part.get("id").getAsString(), action.getAsString());
                }
            }
        }
        shots("end");
        problems.addAll(browser.complaints());
        problems.forEach(problem -> System.out.println("PROBLEM " + problem));
        System.out.println("WALK " + problems.size() + " problems");
        return problems.size();
    }

    private boolean ready() throws Exception {
        return "true".equals(browser.evaluate("String(document.body.dataset.ready)"));
    }

    /** Does it, waits for an effect, restores, and waits until the part is well again. */
    private void press(String id, String action) throws Exception {
        if (idle(part(id), action)) {
            say(id + ": " + action + " is not offered now: " + detail(part(id)));
            return;
        }
        String before = detail(part(id));
        int failed = failed();
        click(id, action);
        boolean seen = within(() -> changed(part(id), before));
        String during = detail(part(id));
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(2));
        shot(id + "-" + action.replace(' ', '-'), 1280, false);
        boolean restored = true;
        if (has(part(id), RESTORE) && !idle(part(id), RESTORE)) {
            click(id, RESTORE);
            restored = within(() -> part(id).get("health").getAsString().equals("WELL"));
        }
        say(String.format(
                Locale.ROOT,
                "%s: %s: %s -> %s -> %s; %d failed",
                id,
                action,
                before,
                during,
                detail(part(id)),
                failed() - failed));
        if (!seen) {
            problems.add(id + ": " + action + " had no effect: " + before);
        }
        if (!restored) {
            problems.add(id + ": after " + action + " and restore: " + detail(part(id)));
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static boolean within(Condition condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.holds()) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
        return true;
    }

    /** Numbers change all the time, but not those of the slots. */
    private static boolean changed(JsonObject part, String before) {
        if (part.get("layer").getAsString().equals("SHARD")) {
            return !detail(part).equals(before);
        }
        return !detail(part).replaceAll("[0-9.]+", "#").equals(before.replaceAll("[0-9.]+", "#"));
    }

    private void click(String id, String action) throws Exception {
        String button = "document.querySelector('[data-part=\"" + id + "\"] [data-action=\"" + action + "\"]')";
        browser.await("!" + button + ".disabled");
        browser.evaluate(button + ".click()");
    }

    private static boolean has(JsonObject part, String action) {
        return part.getAsJsonArray("actions").toString().contains('"' + action + '"');
    }

    private static boolean idle(JsonObject part, String action) {
        return part.getAsJsonArray("idle").toString().contains('"' + action + '"');
    }

    private static String detail(JsonObject part) {
        return part.get("health").getAsString() + " " + part.get("detail").getAsString();
    }

    private JsonObject state() throws Exception {
        browser.evaluate(
                "window.walked = ''; fetch('/state').then(answer => answer.text()).then(text => window.walked = text); ''");
        browser.await("window.walked");
        return gson.fromJson(browser.evaluate("window.walked"), JsonObject.class);
    }

    private int failed() throws Exception {
        return state().getAsJsonObject("load").get("failed").getAsInt();
    }

    private List<JsonObject> parts() throws Exception {
        JsonArray parts = state().getAsJsonArray("parts");
        List<JsonObject> list = new ArrayList<>();
        parts.forEach(part -> list.add(part.getAsJsonObject()));
        return list;
    }

    private JsonObject part(String id) throws Exception {
        return parts().stream()
                .filter(part -> part.get("id").getAsString().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private void shots(String name) throws Exception {
        for (int width : new int[] {1280, 390}) {
            for (boolean dark : new boolean[] {false, true}) {
                shot(name, width, dark);
            }
        }
        browser.look(1280, 900, false);
    }

    private void shot(String name, int width, boolean dark) throws Exception {
        browser.look(width, 900, dark);
        int height = Integer.parseInt(browser.evaluate("String(document.documentElement.scrollHeight)"));
        browser.look(width, Math.min(height, 4000), dark);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(700));
        browser.screenshot(folder.resolve(name + "-" + width + (dark ? "-dark" : "") + ".png"));
    }

    private void say(String what) {
        System.out.printf(Locale.ROOT, "WALK %4.0f s %s%n", (System.nanoTime() - start) / 1e9, what);
    }

    @Override
    public void close() throws Exception {
        browser.close();
    }
}
