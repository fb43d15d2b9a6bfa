package dev.tenfold.sharding.reshard;

import dev.tenfold.Codec;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Request;
import dev.tenfold.sharding.reshard.ReshardJournal.Stage;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * Journals as text. Slots are runs: {@code 3-5} is three of them. Free text is URL-encoded; {@code -} stands for none.
 *
 * <pre>
 * tenfold-reshard-journal 1
 * plan 3
 * owner app-1%2F5f3a 17
 * requests PAUSE
 * stage MOVING
 * soak 1893456000000
 * failure -
 * shard s1 1
 * added s3
 * removed s2
 * divided 3 8 00000000075bcd15 user+42
 * flow s1 s3 COPYING forward 2000 1200 48000 0-5 9
 * merged 7 2
 * crc32 1a2b3c4d
 * </pre>
 */
final class ReshardJournalCodec {

    static final Codec<ReshardJournal> CODEC = Codec.of(ReshardJournalCodec::encode, ReshardJournalCodec::decode);

    private static final String TITLE = "tenfold-reshard-journal 1";
    private static final String NONE = "-";

    private ReshardJournalCodec() {}

    private static byte[] encode(ReshardJournal journal) {
        StringBuilder text = new StringBuilder(TITLE).append('\n');
        line(text, "plan", journal.plan());
        line(text, "owner", encoded(journal.owner()), journal.token());
        line(text, "requests", journal.requests().stream().sorted().toArray());
        line(text, "stage", journal.stage());
        line(text, "soak", journal.soakEnd().map(end -> "" + end.toEpochMilli()).orElse(NONE));
        line(text, "failure", encoded(journal.failure()));
        journal.shards().forEach(shard -> line(text, "shard", shard.id(), shard.weight()));
        line(text, "added", journal.added().toArray());
        line(text, "removed", journal.removed().toArray());
        for (Division division : journal.divisions()) {
            line(text, "divided", division.from(), division.slot(), encoded(division.at()), encoded(division.label()));
        }
        for (Flow flow : journal.flows()) {
            String way = flow.backwards() ? "backwards" : "forward";
            line(
                    text,
                    "flow",
                    flow.from(),
                    flow.to(),
                    flow.phase(),
                    way,
                    flow.expected(),
                    flow.rows(),
                    flow.bytes(),
                    runs(flow.slots()));
        }
        journal.merges().forEach(merge -> line(text, "merged", merge.slot(), merge.into()));
        line(text, "crc32", checksum(text.toString()));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void line(StringBuilder text, String name, Object... values) {
        text.append(name);
        for (Object value : values) {
            text.append(' ').append(value);
        }
        text.append('\n');
    }

    private static String encoded(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        String encoded = URLEncoder.encode(text, StandardCharsets.UTF_8);
        return encoded.equals(NONE) ? "%2D" : encoded;
    }

    private static String decoded(String text) {
        return text.equals(NONE) ? "" : URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static String runs(List<Integer> slots) {
        StringBuilder text = new StringBuilder();
        for (int i = 0, end; i < slots.size(); i = end) {
            end = i + 1;
            while (end < slots.size() && slots.get(end) == slots.get(i) + end - i) {
                end++;
            }
            text.append(i == 0 ? "" : " ").append(slots.get(i));
            if (end - i > 1) {
                text.append('-').append(slots.get(end - 1));
            }
        }
        return text.toString();
    }

    private static ReshardJournal decode(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.lastIndexOf("crc32 ");
        if (!text.startsWith(TITLE + "\n")) {
            throw new IllegalArgumentException("not a reshard journal of format 1: it begins with '"
                    + text.substring(0, Math.min(text.length(), 40)) + "' (expected: '" + TITLE + "')");
        }
        if (end < 0 || !text.substring(end).equals("crc32 " + checksum(text.substring(0, end)) + "\n")) {
            throw new IllegalArgumentException("reshard journal: damaged, its checksum does not fit");
        }
        try {
            return parse(text.substring(0, end).split("\n", -1));
        } catch (RuntimeException malformed) {
            throw new IllegalArgumentException("reshard journal: " + malformed.getMessage(), malformed);
        }
    }

    private static ReshardJournal parse(String[] lines) {
        List<Shard> shards = new ArrayList<>();
        List<Division> divisions = new ArrayList<>();
        List<Flow> flows = new ArrayList<>();
        List<Merge> merges = new ArrayList<>();
        for (String line : lines) {
            String[] part = line.split(" ", -1);
            switch (part[0]) {
                case "shard" -> shards.add(new Shard(part[1], Integer.parseInt(part[2])));
                case "divided" ->
                    divisions.add(new Division(
                            Integer.parseInt(part[1]), Integer.parseInt(part[2]), decoded(part[3]), decoded(part[4])));
                case "merged" -> merges.add(new Merge(Integer.parseInt(part[1]), Integer.parseInt(part[2])));
                case "flow" ->
                    flows.add(new Flow(
                            part[1],
                            part[2],
                            slots(Arrays.copyOfRange(part, 8, part.length)),
                            Reshard.Phase.valueOf(part[3]),
                            part[4].equals("backwards"),
                            Long.parseLong(part[5]),
                            Long.parseLong(part[6]),
                            Long.parseLong(part[7])));
                default -> {
                    // One of a kind, read below.
                }
            }
        }
        String soak = field(lines, "soak").get(0);
        return new ReshardJournal(
                Long.parseLong(field(lines, "plan").get(0)),
                decoded(field(lines, "owner").get(0)),
                Long.parseLong(field(lines, "owner").get(1)),
                requests(field(lines, "requests")),
                Stage.valueOf(field(lines, "stage").get(0)),
                soak.equals(NONE) ? Optional.empty() : Optional.of(Instant.ofEpochMilli(Long.parseLong(soak))),
                decoded(field(lines, "failure").get(0)),
                shards,
                field(lines, "added"),
                field(lines, "removed"),
                divisions,
                flows,
                merges);
    }

    private static Set<Request> requests(List<String> names) {
        Set<Request> requests = EnumSet.noneOf(Request.class);
        names.forEach(name -> requests.add(Request.valueOf(name)));
        return requests;
    }

    private static List<String> field(String[] lines, String name) {
        for (String line : lines) {
            List<String> parts = List.of(line.split(" ", -1));
            if (parts.get(0).equals(name)) {
                return parts.subList(1, parts.size());
            }
        }
        throw new IllegalArgumentException("no line '" + name + "'");
    }

    private static List<Integer> slots(String[] runs) {
        List<Integer> slots = new ArrayList<>();
        for (String run : runs) {
            int dash = run.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? run : run.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(run.substring(dash + 1));
            for (int slot = first; slot <= last; slot++) {
                slots.add(slot);
            }
        }
        return slots;
    }

    private static String checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }
}
