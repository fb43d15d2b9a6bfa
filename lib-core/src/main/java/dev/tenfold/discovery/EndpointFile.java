package dev.tenfold.discovery;

import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Locality;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Reads a file of endpoints, in the format of {@link Discoveries#file}; asked by one thread at a time. */
final class EndpointFile implements Callable<List<Endpoint<URI>>> {

    private static final long LARGEST = 16L << 20;

    private final Path file;
    private List<Endpoint<URI>> endpoints = List.of();
    /** What the endpoints were read from. */
    private @Nullable String taken;
    /** What was read last and differs, to be taken when it is read again. */
    private @Nullable String seen;

    EndpointFile(Path file) {
        this.file = file;
    }

    @Override
    public List<Endpoint<URI>> call() throws IOException {
        long size = Files.size(file);
        if (size > LARGEST) {
            throw new IOException(file + ": " + size + " bytes (expected: at most " + LARGEST + ")");
        }
        String text = Files.readString(file);
        boolean settled = taken == null || text.equals(seen);
        seen = text;
        if (settled && !text.equals(taken)) {
            endpoints = parse(text);
            taken = text;
        }
        return endpoints;
    }

    private List<Endpoint<URI>> parse(String text) throws IOException {
        if (!text.endsWith("\n")) {
            throw new IOException(file + ": the last line has no line feed (expected: a file written to its end)");
        }
        List<Endpoint<URI>> found = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                Endpoint<URI> endpoint = endpoint(line.split("\\s+"));
                if (!ids.add(endpoint.id())) {
                    throw new IllegalArgumentException("id: " + endpoint.id() + " twice (expected: unique ids)");
                }
                found.add(endpoint);
            } catch (IllegalArgumentException wrong) {
                throw new IOException(file + ", line " + (i + 1) + ": " + wrong.getMessage(), wrong);
            }
        }
        if (found.isEmpty()) {
            throw new IOException(file + " names no endpoint (expected: at least one)");
        }
        return found;
    }

    private static Endpoint<URI> endpoint(String[] words) {
        if (words.length < 2) {
            throw new IllegalArgumentException(words[0] + " (expected: an id and a URI)");
        }
        double weight = 1;
        String region = "";
        String zone = "";
        String coordinates = "";
        Map<String, String> tags = new LinkedHashMap<>();
        for (int i = 2; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(words[i] + " (expected: name=value)");
            }
            String value = words[i].substring(equals + 1);
            String name = words[i].substring(0, equals);
            switch (name) {
                case "weight" -> weight = Double.parseDouble(value);
                case "region" -> region = value;
                case "zone" -> zone = value;
                case "coordinates" -> coordinates = value;
                default -> tags.put(name, value);
            }
        }
        Locality locality = Locality.of(region, zone);
        if (!coordinates.isEmpty()) {
            String[] degrees = coordinates.split(",", -1);
            if (degrees.length != 2) {
                throw new IllegalArgumentException("coordinates: " + coordinates + " (expected: north,east)");
            }
            locality = locality.at(Double.parseDouble(degrees[0]), Double.parseDouble(degrees[1]));
        }
        return new Endpoint<>(words[0], URI.create(words[1]), weight, locality, tags);
    }
}
