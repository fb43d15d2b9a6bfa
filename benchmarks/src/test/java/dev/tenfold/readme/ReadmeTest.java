package dev.tenfold.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds the README to what was compiled and run: each Java block is, line for line, a region of {@link
 * ReadmeExamplesTest} or another class of this package whose name ends like that, and each link within the repository leads
 * somewhere.
 */
class ReadmeTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path SOURCES = Path.of("src/test/java/dev/tenfold/readme");
    private static final Pattern BLOCK =
            Pattern.compile("<!-- example: (\\w+) -->\\n```java\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern REGION =
            Pattern.compile("( *)// example: (\\w+)\\n(.*?)\\n *// end\\n", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(#[^)]*)?\\)");

    @TestFactory
    Stream<DynamicTest> everyExampleIsShownAsItWasRun() throws IOException {
        Map<String, String> shown = new LinkedHashMap<>();
        Matcher block = BLOCK.matcher(readme());
        while (block.find()) {
            shown.put(block.group(1), block.group(2));
        }
        Map<String, String> run = examples();
        assertThat(shown.keySet()).containsExactlyInAnyOrderElementsOf(run.keySet());
        return run.entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(
                        example.getKey(),
                        () -> assertThat(shown.get(example.getKey())).isEqualTo(example.getValue())));
    }

    @Test
    void everyJavaBlockIsAnExample() throws IOException {
        assertThat(readme().split("```java", -1).length - 1)
                .isEqualTo(examples().size());
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        Matcher link = LINK.matcher(readme());
        while (link.find()) {
            assertThat(ROOT.resolve(link.group(1))).exists();
        }
    }

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }

    private static Map<String, String> examples() throws IOException {
        Map<String, String> examples = new LinkedHashMap<>();
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.sorted()
                    .filter(file -> file.toString().endsWith("ExamplesTest.java"))
                    .toList()) {
                sources.append(Files.readString(file));
            }
        }
        Matcher region = REGION.matcher(sources);
        while (region.find()) {
            int indent = region.group(1).length();
            examples.put(
                    region.group(2),
                    region.group(3)
                            .lines()
                            .map(line -> line.length() < indent ? line : line.substring(indent))
                            .collect(Collectors.joining("\n", "", "\n")));
        }
        return examples;
    }
}
