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
 * ReadmeExamplesTest}, another class of this package whose name ends like that or a step of the adoption, and each link within the repository, here and
 * on the modules' pages, leads somewhere.
 */
class ReadmeTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path SOURCES = Path.of("src/test/java/dev/tenfold/readme");
    private static final Path ADOPTION = Path.of("src/test/java/dev/tenfold/adoption");
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

    @TestFactory
    Stream<DynamicTest> everyLinkLeadsSomewhere() throws IOException {
        return pages().map(page -> DynamicTest.dynamicTest(ROOT.relativize(page).toString(), () -> {
            Matcher link = LINK.matcher(Files.readString(page));
            while (link.find()) {
                assertThat(page.resolveSibling(link.group(1))).exists();
            }
        }));
    }

    /** The README and the page of each module. */
    private static Stream<Path> pages() throws IOException {
        try (Stream<Path> folders = Files.list(ROOT)) {
            return Stream.concat(
                    Stream.of(ROOT), folders.filter(Files::isDirectory).sorted())
                    .map(folder -> folder.resolve("README.md"))
                    .filter(Files::exists)
                    .toList()
                    .stream();
        }
    }

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }

    private static Map<String, String> examples() throws IOException {
        Map<String, String> examples = new LinkedHashMap<>();
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> tests = Files.list(SOURCES);
                Stream<Path> steps = Files.list(ADOPTION)) {
            for (Path file : Stream.concat(
                            tests.filter(file -> file.toString().endsWith("ExamplesTest.java")),
                            steps.filter(Files::isRegularFile))
                    .sorted()
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
