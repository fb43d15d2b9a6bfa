package dev.tenfold.benchmarks.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A file of JMH results as the tables need them.
 *
 * @param lines every result, in the order of the file
 * @param jdk the virtual machine that was measured on
 * @param forks how many virtual machines each result comes from
 * @param iterations how many measured iterations in each, with their length
 */
public record Results(List<Measured> lines, String jdk, int forks, String iterations) {

    /** Reads what JMH wrote with {@code -rf json}. */
    public static Results read(Path json) throws IOException {
        JsonArray array = JsonParser.parseString(Files.readString(json)).getAsJsonArray();
        if (array.isEmpty()) {
            throw new IOException(json + ": no results (expected: what JMH writes with -rf json)");
        }
        List<Measured> lines = new ArrayList<>();
        for (JsonElement element : array) {
            lines.add(line(element.getAsJsonObject()));
        }
        JsonObject first = array.get(0).getAsJsonObject();
        return new Results(
                List.copyOf(lines),
                first.get("vmName").getAsString() + " " + first.get("vmVersion").getAsString(),
                first.get("forks").getAsInt(),
                first.get("measurementIterations").getAsInt() + " x "
                        + first.get("measurementTime").getAsString());
    }

    private static Measured line(JsonObject result) {
        String name = result.get("benchmark").getAsString();
        int method = name.lastIndexOf('.');
        int type = name.lastIndexOf('.', method - 1);
        Map<String, String> parameters = new LinkedHashMap<>();
        if (result.has("params")) {
            result.getAsJsonObject("params")
                    .entrySet()
                    .forEach(e -> parameters.put(e.getKey(), e.getValue().getAsString()));
        }
        // A benchmark of one method measures those that a parameter names.
        String policy = parameters.remove("policy");
        JsonObject secondary = result.getAsJsonObject("secondaryMetrics");
        // Where the client's share was measured, it is what counts: the time that passes is the server's.
        JsonObject cpu = secondary.getAsJsonObject("client.cpu.norm");
        JsonObject primary = cpu == null ? result.getAsJsonObject("primaryMetric") : cpu;
        JsonObject allocated = secondary.getAsJsonObject(cpu == null ? "gc.alloc.rate.norm" : "client.alloc.norm");
        return new Measured(
                name.substring(type + 1, method),
                policy == null ? name.substring(method + 1) : policy,
                result.get("threads").getAsInt(),
                parameters,
                primary.get("score").getAsDouble(),
                number(primary.get("scoreError")),
                primary.get("scoreUnit").getAsString(),
                allocated == null
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(allocated.get("score").getAsDouble()));
    }

    /** JMH writes {@code "NaN"} as text where there were too few samples for an error. */
    private static double number(JsonElement element) {
        return Double.parseDouble(element.getAsString());
    }

    /** Groups the lines that may be compared: same benchmark, parameters and threads. */
    public Map<String, Map<String, List<Measured>>> comparable() {
        Map<String, Map<String, List<Measured>>> groups = new LinkedHashMap<>();
        for (Measured line : lines) {
            groups.computeIfAbsent(line.benchmark(), name -> new LinkedHashMap<>())
                    .computeIfAbsent(line.conditions(), name -> new ArrayList<>())
                    .add(line);
        }
        return groups;
    }
}
