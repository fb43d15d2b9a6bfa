package dev.tenfold.journey;

import dev.tenfold.benchmarks.report.Machine;
import dev.tenfold.journey.capacity.CapacityModel;
import dev.tenfold.journey.env.Town;
import dev.tenfold.journey.live.Board;
import dev.tenfold.journey.live.LiveServer;
import dev.tenfold.journey.load.Browser;
import dev.tenfold.journey.page.ReportPage;
import dev.tenfold.journey.report.Narrator;
import dev.tenfold.journey.stage.Claim;
import dev.tenfold.journey.stage.Pace;
import dev.tenfold.journey.stage.Stage;
import dev.tenfold.journey.stage.StageResult;
import dev.tenfold.journey.stage.StageRun;
import dev.tenfold.journey.stage.Stages;
import dev.tenfold.journey.stage.VisitOver;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The program. Exit code 0: every promise was kept; 1: one was not, and is named; 2: wrong arguments; 3: a stage could not
 * be played.
 */
@Command(
        name = "journey",
        mixinStandardHelpOptions = true,
        version = "Tenfold journey 0.1.0",
        sortOptions = false,
        description = {
            "Takes one small application (profiles, posts, a timeline) from one server to many, under an open-loop load,"
                    + " with its parts being killed on the way, and checks what each stage promises its users.",
            "App servers are Java processes, PostgreSQL is PostgreSQL, Redis is Redis. Distance is injected delay."
        })
public final class Journey implements Callable<Integer> {

    private static final int KEPT = 0;
    private static final int BROKEN = 1;
    private static final int NOT_PLAYED = 3;
    private static final int WIDTH = 100;
    private static final int MOST_PORTS = 65_535;

    /** A visitor is to see things happen, not a machine under load. */
    private static final int LIVE_RATE = 40;

    private static final int LIVE_PEOPLE = 200;
    private static final int NO_LIVE_VIEW = -1;
    private static final int LONGEST_VISIT = 86_400;

    private final PrintStream out;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it calls
    private CommandSpec spec;

    @Option(
            names = "--stage",
            split = ",",
            paramLabel = "<number>",
            description = "play only these stages, such as 3 or 1,4; all nine unless given")
    private Set<Integer> stages = new TreeSet<>();

    @Option(
            names = "--seconds",
            paramLabel = "<s>",
            description = "how long the load of each stage lasts, 1 to 600; default ${DEFAULT-VALUE}")
    private int seconds = 10;

    @Option(
            names = "--rate",
            paramLabel = "<n>",
            description =
                    "requests per second, 10 to 5000, from the third stage on, a tenth in the second and a hundredth in the"
                            + " first, but never below 5; default ${DEFAULT-VALUE}")
    private int rate = 500;

    @Option(
            names = "--people",
            paramLabel = "<n>",
            description =
                    "how many users there are from the third stage on, 100 to 10000, a tenth in the second and a hundredth"
                            + " in the first; default ${DEFAULT-VALUE}")
    private int people = 1000;

    @Option(names = "--seed", paramLabel = "<n>", description = "decides who does what; default ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(
            names = "--report",
            paramLabel = "<file>",
            defaultValue = "${sys:journey.report:-target/journey.html}",
            description = "where the report goes, one page of HTML; default ${DEFAULT-VALUE}")
    private Path report = Path.of("journey.html");

    @Option(
            names = "--live",
            arity = "0..1",
            fallbackValue = "0",
            paramLabel = "<port>",
            description =
                    "instead of the journey, one stage under light load that a visitor may break: a page on the loopback"
                            + " interface, at any free port unless one is given. The stage is --stage, or everything at once.")
    private int live = NO_LIVE_VIEW;

    @Option(
            names = "--for",
            paramLabel = "<s>",
            description = "how long the live view lasts, 1 to 86400; a day unless interrupted")
    private int visit = LONGEST_VISIT;

    private Journey(PrintStream out) {
        this.out = out;
    }

    /**
     * Runs the journey and ends the process.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        // Whatever the terminal's settings are, the names of things are in UTF-8.
        System.exit(execute(
                new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8), arguments));
    }

    /** Runs the journey; returns the exit code. */
    static int execute(PrintStream out, String... arguments) {
        // Both are read once, by the first server and the first client of the process.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        Browser.configure();
        PrintWriter words = new PrintWriter(out, true, StandardCharsets.UTF_8);
        return new CommandLine(new Journey(out)).setOut(words).setErr(words).execute(arguments);
    }

    @Override
    public Integer call() throws Exception {
        List<Stage> chosen = chosen();
        if (live != NO_LIVE_VIEW) {
            return welcome(stages.isEmpty() ? Stages.everything() : chosen.get(0));
        }
        long start = System.nanoTime();
        List<StageResult> results = new ArrayList<>();
        Pace full = new Pace(rate, Duration.ofSeconds(seconds), people, seed, false);
        boolean played = true;
        try (Town town = new Town(new Narrator(out))) {
            for (Stage stage : chosen) {
                Pace pace = full.at(stage.number());
                announce(stage, pace);
                try {
                    results.add(play(stage, town, pace));
                } catch (Exception failure) {
                    played = false;
                    tellFailure(stage, failure);
                }
            }
        }
        out.println();
        out.println(ResultTable.of(results));
        out.printf(
                Locale.ROOT,
                "%d s in all.%n",
                Duration.ofNanos(System.nanoTime() - start).toSeconds());
        CapacityModel capacity = new CapacityModel(results, Machine.describe());
        out.println();
        out.println(capacity.toText());
        out.println();
        new ReportPage(results, capacity, Machine.describe(), played(start)).write(report);
        out.println("Report: " + report.toAbsolutePath());
        boolean kept = verdict(results);
        return !played ? NOT_PLAYED : kept ? KEPT : BROKEN;
    }

    private List<Stage> chosen() {
        CommandLine line = spec.commandLine();
        require(line, "--seconds", seconds, 1, 600);
        require(line, "--rate", rate, 10, 5000);
        require(line, "--people", people, 100, 10_000);
        require(line, "--for", visit, 1, LONGEST_VISIT);
        if (live != NO_LIVE_VIEW) {
            require(line, "--live", live, 0, MOST_PORTS);
            if (stages.size() > 1) {
                throw new CommandLine.ParameterException(
                        line, "--stage: " + stages + " (expected: one stage with --live)");
            }
        }
        List<Stage> all = Stages.all();
        stages.forEach(number -> require(line, "--stage", number, 1, all.size()));
        return all.stream()
                .filter(stage -> stages.isEmpty() || stages.contains(stage.number()))
                .toList();
    }

    private static void require(CommandLine line, String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new CommandLine.ParameterException(
                    line, option + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }

    private String played(long start) {
        return String.format(
                Locale.ROOT,
                "Played on %s in %d s, %d s of load a stage, seed %d,",
                LocalDate.now(ZoneId.systemDefault()),
                Duration.ofNanos(System.nanoTime() - start).toSeconds(),
                seconds,
                seed);
    }

    /** Plays one stage until the visitor's time is over. */
    private int welcome(Stage stage) throws Exception {
        Board board = new Board();
        Pace pace = new Pace(
                Math.min(rate, LIVE_RATE), Duration.ofSeconds(visit), Math.min(people, LIVE_PEOPLE), seed, true);
        try (LiveServer server = new LiveServer(board, live);
                Town town = new Town(new Narrator(out))) {
            announce(stage, pace);
            out.println("   The live view is at " + server.uri() + " and fills once everything is up. Ctrl-C ends it.");
            try (StageRun run = new StageRun(stage, town, pace, board)) {
                stage.play(run);
            } catch (VisitOver over) {
                out.println("   The visit is over.");
                return KEPT;
            } catch (Exception failure) {
                tellFailure(stage, failure);
            }
        }
        return NOT_PLAYED;
    }

    private void tellFailure(Stage stage, Exception failure) {
        out.println("   ✖ stage " + stage.number() + " could not be played: " + failure);
        failure.printStackTrace(out);
    }

    private void announce(Stage stage, Pace pace) {
        out.println();
        out.println("── Stage " + stage.number() + ": " + stage.title() + " "
                + "─".repeat(Math.max(3, 60 - stage.title().length())));
        out.println(wrapped(stage.story()));
        out.printf(Locale.ROOT, "   %,d users, %.0f requests/s%n", pace.people(), pace.rate());
    }

    private static String wrapped(String text) {
        StringBuilder lines = new StringBuilder("  ");
        int column = 2;
        for (String word : text.split(" ", -1)) {
            if (column + 1 + word.length() > WIDTH) {
                lines.append(System.lineSeparator()).append("  ");
                column = 2;
            }
            lines.append(' ').append(word);
            column += 1 + word.length();
        }
        return lines.toString();
    }

    private StageResult play(Stage stage, Town town, Pace pace) throws Exception {
        try (StageRun run = new StageRun(stage, town, pace, new Board())) {
            stage.play(run);
            StageResult result = run.result();
            for (Claim claim : result.claims()) {
                out.println((claim.kept() ? "   ✔ " : "   ✖ BROKEN: ") + claim.what() + ": " + claim.measured());
            }
            result.remarks().forEach(remark -> out.println("   · " + remark));
            return result;
        }
    }

    private boolean verdict(List<StageResult> results) {
        boolean kept = true;
        int promises = 0;
        for (StageResult result : results) {
            for (Claim claim : result.claims()) {
                promises++;
                if (!claim.kept()) {
                    kept = false;
                    out.println("BROKEN in stage " + result.stage().number() + ": " + claim.what() + ": "
                            + claim.measured());
                }
            }
        }
        if (kept) {
            out.println("All " + promises + " promises were kept.");
        }
        return kept;
    }
}
