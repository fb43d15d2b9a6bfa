package dev.tenfold.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ReportTest {

    private final Results results = results();

    private static Results results() {
        try {
            return Results.read(
                    Path.of(ReportTest.class.getResource("results.json").toURI()));
        } catch (IOException | URISyntaxException unreadable) {
            throw new IllegalStateException(unreadable);
        }
    }

    @Test
    void comparesOnlyWhatRanUnderTheSameConditions() {
        assertThat(MarkdownTable.render(results)).isEqualTo("""

                ## PickBenchmark

                **endpoints=10, 1 thread**

                | | ns/op | ± | B/op | × Tenfold |
                |---|--:|--:|--:|--:|
                | **tenfoldLeastLoaded** | 14.3 | 0.31 | 0 | 1.00 |
                | peer<T> | 142 | 5.00 | 56 | 9.99 |

                **endpoints=10, 2 threads**

                | | ns/op | ± | B/op | × Tenfold |
                |---|--:|--:|--:|--:|
                | **tenfoldLeastLoaded** | 20.0 |  | 0 | 1.00 |

                ## HitBenchmark

                **1 thread**

                | | ns/op | ± | B/op | × Tenfold |
                |---|--:|--:|--:|--:|
                | **tenfoldGet** | 11.0 | 1.00 |  | 1.00 |

                ## PolicyBenchmark

                **endpoints=10, 1 thread**

                | | ns/op | ± | B/op | × random |
                |---|--:|--:|--:|--:|
                | random | 16.0 | 1.00 | 0 | 1.00 |
                | leastLoaded | 20.0 | 1.00 | 0 | 1.25 |
                """);
    }

    @Test
    void drawsOneBarForEachLineAndEscapesNames() throws Exception {
        Document svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(BarChart.render(results))));

        assertThat(svg.getElementsByTagName("rect").getLength()).isEqualTo(6);
        assertThat(svg.getDocumentElement().getTextContent())
                .contains("peer<T>")
                .contains("14.3 ± 0.31");
    }

    @Test
    void refusesAFileWithoutResults(@TempDir Path folder) throws IOException {
        Path empty = Files.writeString(folder.resolve("empty.json"), "[]");

        assertThatThrownBy(() -> Results.read(empty))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("-rf json");
    }
}
