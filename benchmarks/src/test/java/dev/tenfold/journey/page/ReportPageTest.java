package dev.tenfold.journey.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.journey.capacity.CapacityModel;
import dev.tenfold.journey.stage.StageResult;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The report as a machine reads it: well-formed, complete, and closed in itself. */
final class ReportPageTest {

    private static String html(List<StageResult> results) {
        return new ReportPage(results, new CapacityModel(results, "a machine"), "a machine", "Played today").toHtml();
    }

    private static Document parsed(String html) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(html)));
    }

    private static List<Element> all(Document page, String tag) {
        NodeList found = page.getElementsByTagName(tag);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    private static List<String> ids(Document page) {
        return all(page, "section").stream()
                .map(each -> each.getAttribute("id"))
                .toList();
    }

    @Test
    void showsEverythingThatWasMeasured() throws Exception {
        Document page = parsed(html(Recorded.journey()));

        assertThat(ids(page))
                .containsExactly(
                        "overview",
                        "latency",
                        "percentiles",
                        "failovers",
                        "servers",
                        "hits",
                        "shards",
                        "queues",
                        "promises",
                        "capacity");
        assertThat(all(page, "svg"))
                .hasSizeGreaterThan(9 + 8)
                .allSatisfy(drawing ->
                        assertThat(drawing.getAttribute("aria-label")).isNotBlank());
        assertThat(page.getDocumentElement().getTextContent())
                .contains("1 of 18 promises were broken", "killed: primary a (kill -9)", "1,000,000 users")
                .contains("900 ms: writes were served again, after 880 ms without any");
    }

    @Test
    void whatWasNotMeasuredIsNotDrawn() throws Exception {
        Document page = parsed(html(List.of(Recorded.stage(1))));

        assertThat(ids(page)).containsExactly("overview", "latency", "percentiles", "promises", "capacity");
        assertThat(ids(parsed(html(List.of())))).isEmpty();
    }

    @Test
    void whatComesFromOutsideIsText() throws Exception {
        Document page = parsed(html(Recorded.journey()));

        assertThat(all(page, "script")).isEmpty();
        assertThat(page.getDocumentElement().getTextContent())
                .contains("<script>alert('x')</script> & \"quoted\" \uFFFD");
    }

    @Test
    void loadsNothing() throws Exception {
        Document page = parsed(html(Recorded.journey()));

        for (String tag : List.of("link", "script", "img", "iframe", "object", "use", "image", "a")) {
            assertThat(all(page, tag)).as(tag).isEmpty();
        }
        assertThat(html(Recorded.journey())).doesNotContain("url(", "@import", "http://", "https://");
    }

    @Test
    void everyDrawingKeepsWithinItsFrame() throws Exception {
        for (Element drawing : all(parsed(html(Recorded.journey())), "svg")) {
            String[] frame = drawing.getAttribute("viewBox").split(" ", -1);
            double width = Double.parseDouble(frame[2]);
            double height = Double.parseDouble(frame[3]);
            NodeList shapes = drawing.getElementsByTagName("*");
            for (int i = 0; i < shapes.getLength(); i++) {
                Element shape = (Element) shapes.item(i);
                for (String name : List.of("x", "x1", "x2", "cx")) {
                    within(shape, name, width);
                }
                for (String name : List.of("y", "y1", "y2", "cy")) {
                    within(shape, name, height);
                }
            }
        }
    }

    private static void within(Element shape, String attribute, double limit) {
        if (shape.hasAttribute(attribute)) {
            assertThat(Double.parseDouble(shape.getAttribute(attribute)))
                    .as(shape.getTagName() + " " + shape.getAttribute("class") + " " + attribute)
                    .isBetween(0.0, limit);
        }
    }

    @Test
    void isWrittenWhereItIsWanted(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("deep").resolve("journey.html");
        List<StageResult> results = Recorded.journey();
        new ReportPage(results, new CapacityModel(results, "m"), "m", "p").write(file);

        assertThat(Files.readString(file)).startsWith("<!DOCTYPE html>").endsWith("</html>\n");
    }
}
