package dev.tenfold.benchmarks.queue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A virtual machine of its own for each measurement, so that no contender runs code that another one made slow. */
final class ContenderProcess {

    private static final List<String> OPTIONS = List.of("-Xms1g", "-Xmx1g");

    private ContenderProcess() {}

    /** Arguments: class, shape, milliseconds of warm-up and of full load, rates, milliseconds at each. */
    public static void main(String[] arguments) throws Exception {
        Cost cost = new Load(make(Class.forName(arguments[0]).asSubclass(Contender.class)), Shape.of(arguments[1]))
                .run(millis(arguments[2]), millis(arguments[3]), rates(arguments[4]), millis(arguments[5]));
        System.out.println(cost.line());
        // Some leave threads behind.
        System.exit(0);
    }

    private static Duration millis(String text) {
        return Duration.ofMillis(Long.parseLong(text));
    }

    private static List<Long> rates(String text) {
        return Arrays.stream(text.split(",", -1))
                .filter(rate -> !rate.isEmpty())
                .map(Long::valueOf)
                .toList();
    }

    static Contender make(Class<? extends Contender> type) {
        try {
            Constructor<? extends Contender> constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(
                    "contender: " + type.getName() + " (expected: one that can be made)", failure);
        }
    }

    /** Measures in another process. */
    static Cost measure(
            Class<? extends Contender> contender,
            Shape shape,
            Duration warmup,
            Duration flood,
            List<Long> rates,
            Duration paced)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(List.of(
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                System.getProperty("java.class.path"),
                ContenderProcess.class.getName(),
                contender.getName(),
                shape.toString(),
                Long.toString(warmup.toMillis()),
                Long.toString(flood.toMillis()),
                rates.stream().map(String::valueOf).collect(Collectors.joining(",")),
                Long.toString(paced.toMillis())));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Cost cost = null;
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                if (Cost.isLine(line)) {
                    cost = Cost.parse(line);
                }
            }
        }
        int status = process.waitFor();
        if (status != 0 || cost == null) {
            throw new IllegalStateException(
                    contender.getSimpleName() + ", " + shape + ": no result, the process ended with " + status);
        }
        return cost;
    }
}
