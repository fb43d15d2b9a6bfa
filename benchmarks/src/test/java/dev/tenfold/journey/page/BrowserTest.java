package dev.tenfold.journey.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenfold.journey.capacity.CapacityModel;
import dev.tenfold.journey.live.Board;
import dev.tenfold.journey.live.Board.Health;
import dev.tenfold.journey.live.Board.Layer;
import dev.tenfold.journey.live.Board.State;
import dev.tenfold.journey.live.LiveServer;
import dev.tenfold.journey.stage.StageResult;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Report and live view in a real browser; skipped where there is none. */
final class BrowserTest {

    private static final int[] WIDTHS = {360, 390, 1280};

    /** Boxes that scroll by themselves may be wider than the window; the page may not. */
    private static final String TOO_WIDE =
            "document.documentElement.scrollWidth - document.documentElement.clientWidth";

    /** How far the colour of the text is from the ground's, as WCAG 2.2 has it: 4.5 at least. */
    private static final String CONTRAST = """
            (() => {
              const light = colour => {
                const [r, g, b] = colour.match(/\\d+/g).map(each => {
                  const part = each / 255;
                  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const ground = element => {
                for (let at = element; at; at = at.parentElement) {
                  const colour = getComputedStyle(at).backgroundColor;
                  if (colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent') return colour;
                }
                return 'rgb(255, 255, 255)';
              };
              let least = 21;
              for (const element of document.querySelectorAll('h1,h2,h3,p,td,th,dt,dd,li,button,summary,.detail,.rate,.at')) {
                const a = light(getComputedStyle(element).color);
                const b = light(ground(element));
                least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
              }
              return String(least);
            })()""";

    @TempDir
    private Path folder;

    private Chromium browser() throws Exception {
        Optional<Path> found = Chromium.find();
        assumeTrue(found.isPresent(), "no Chromium on the path");
        return new Chromium(found.get(), folder.resolve("profile"));
    }

    @Test
    void theReportIsReadableOnAPhoneAndInTheDark() throws Exception {
        List<StageResult> results = Recorded.journey();
        Path file = folder.resolve("journey.html");
        new ReportPage(results, new CapacityModel(results, "a machine"), "a machine", "Played today").write(file);
        try (Chromium browser = browser()) {
            for (int width : WIDTHS) {
                for (boolean dark : new boolean[] {false, true}) {
                    browser.look(width, 800, dark);
                    browser.open(file.toUri(), "document.querySelector('footer')");

                    assertThat(browser.evaluate("String(" + TOO_WIDE + ")"))
                            .as("at " + width)
                            .isEqualTo("0");
                    assertThat(Double.parseDouble(browser.evaluate(CONTRAST)))
                            .as("contrast, dark: " + dark)
                            .isGreaterThan(4.5);
                }
            }
            assertThat(browser.evaluate("String(performance.getEntriesByType('resource').length)"))
                    .as("what it loads")
                    .isEqualTo("0");
            assertThat(browser.complaints()).isEmpty();
        }
    }

    @Test
    void theLiveViewShowsThePartsAndDoesWhatAVisitorWants() throws Exception {
        BlockingQueue<String> done = new LinkedBlockingQueue<>();
        Board board = board(done);
        try (Chromium browser = browser();
                LiveServer server = new LiveServer(board, 0)) {
            board.publish(load(1, "balancer/apps: " + Recorded.HOSTILE));
            for (int width : WIDTHS) {
                for (boolean dark : new boolean[] {false, true}) {
                    browser.look(width, 800, dark);
                    browser.open(server.uri(), "document.body.dataset.ready");

                    assertThat(browser.evaluate("String(" + TOO_WIDE + ")"))
                            .as("at " + width)
                            .isEqualTo("0");
                    assertThat(Double.parseDouble(browser.evaluate(CONTRAST)))
                            .as("contrast, dark: " + dark)
                            .isGreaterThan(4.5);
                }
            }
            assertThat(browser.evaluate("String(document.querySelectorAll('.part').length)"))
                    .isEqualTo("3");
            assertThat(browser.evaluate("String(document.querySelectorAll('#links path').length)"))
                    .isEqualTo("2");
            assertThat(browser.evaluate("document.querySelector('#news').textContent"))
                    .contains("<script>alert('x')</script>");

            browser.evaluate("document.querySelector('[data-part=\"app-2\"] button').click()");
            assertThat(done.poll(30, TimeUnit.SECONDS)).isEqualTo("app-2: kill");

            board.publish(load(7, "app-2 is EJECTED"));
            browser.await("document.querySelector('#news').textContent.includes('app-2 is EJECTED')");
            assertThat(browser.evaluate("document.querySelector('#failed').textContent"))
                    .isEqualTo("7");
            assertThat(browser.evaluate("document.querySelector('[data-part=\"app-2\"]').className"))
                    .isEqualTo("part DOWN");
            assertThat(browser.evaluate("[...document.querySelectorAll('button:disabled')]"
                            + ".map(each => each.getAttribute('aria-label')).join()"))
                    .as("what would change nothing")
                    .isEqualTo("restore app-1");
            assertThat(browser.complaints()).isEmpty();
        }
    }

    private static Board.Load load(int failed, String news) {
        return new Board.Load(
                "Stage 3: A balancer",
                "A story.",
                12.5,
                1000,
                failed,
                40,
                1.5,
                9.5,
                List.of(4.0, 9.0, 7.5),
                List.of(new Board.News(12.1, "REACTION", news)));
    }

    private static Board board(BlockingQueue<String> done) {
        Board board = new Board();
        board.workedBy((announcement, action) -> done.add(announcement));
        for (String name : List.of("app-1", "app-2")) {
            Map<String, Board.Action> actions = new LinkedHashMap<>();
            actions.put("kill", () -> {});
            actions.put("restore", () -> {});
            board.add(new Board.Part(
                    name,
                    name,
                    Layer.SERVER,
                    "",
                    List.of("database"),
                    () -> name.equals("app-2")
                            ? new State(Health.DOWN, "healthy", 12)
                            : new State(Health.WELL, "healthy", 12, Set.of("restore")),
                    actions));
        }
        board.add(new Board.Part(
                "database",
                "main/a",
                Layer.DATABASE,
                "main",
                List.of(),
                () -> new State(Health.WEAK, "alone", 30),
                Map.of()));
        return board;
    }
}
