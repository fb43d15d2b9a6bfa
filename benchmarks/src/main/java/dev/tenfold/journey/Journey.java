package dev.tenfold.journey;

import dev.tenfold.journey.env.Town;
import dev.tenfold.journey.load.Browser;
import dev.tenfold.journey.report.Narrator;
import dev.tenfold.journey.stage.Claim;
import dev.tenfold.journey.stage.Pace;
import dev.tenfold.journey.stage.Stage;
import dev.tenfold.journey.stage.StageResult;
import dev.tenfold.journey.stage.StageRun;
import dev.tenfold.journey.stage.Stages;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

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

    private final PrintStream out;

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
            description = "requests per second, 10 to 5000; default ${DEFAULT-VALUE}")
    private int rate = 200;

    @Option(
            names = "--people",
            paramLabel = "<n>",
            description = "how many users there are, 100 to 10000; default ${DEFAULT-VALUE}")
    private int people = 400;

    @Option(names = "--seed", paramLabel = "<n>", description = "decides who does what; default ${DEFAULT-VALUE}")
    private long seed = 1;

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
        long start = System.nanoTime();
        List<StageResult> results = new ArrayList<>();
        boolean played = true;
        try (Town town = new Town(new Narrator(out))) {
            for (Stage stage : chosen) {
                announce(stage);
                try {
                    results.add(play(stage, town));
                } catch (Exception failure) {
                    played = false;
                    out.println("   ✖ stage " + stage.number() + " could not be played: " + failure);
                    failure.printStackTrace(out);
                }
            }
        }
        out.println();
        out.println(ResultTable.of(results));
        out.printf(
                Locale.ROOT,
                "%d s in all.%n",
                Duration.ofNanos(System.nanoTime() - start).toSeconds());
        boolean kept = verdict(results);
        return !played ? NOT_PLAYED : kept ? KEPT : BROKEN;
    }

    private List<Stage> chosen() {
        CommandLine line = new CommandLine(this);
        require(line, "--seconds", seconds, 1, 600);
        require(line, "--rate", rate, 10, 5000);
        require(line, "--people", people, 100, 10_000);
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

    private void announce(Stage stage) {
        out.println();
        out.println("── Stage " + stage.number() + ": " + stage.title() + " "
                + "─".repeat(Math.max(3, 60 - stage.title().length())));
        out.println(wrapped(stage.story()));
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

    private StageResult play(Stage stage, Town town) throws Exception {
        Pace pace = new Pace(rate, Duration.ofSeconds(seconds), people, seed);
        try (StageRun run = new StageRun(stage, town, pace)) {
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
