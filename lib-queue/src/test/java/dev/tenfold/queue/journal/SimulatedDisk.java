package dev.tenfold.queue.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A folder that knows what would survive: every file has the bytes that programs see and those that were forced, every
 * name as well. A power failure keeps what was forced, and of the rest whatever chance decides, down to parts of one write. A
 * killed process keeps everything.
 */
final class SimulatedDisk implements FileIo {

    /** What a power failure keeps or loses as a whole. Smaller than any disk's sector, so harsher. */
    private static final int SECTOR = 64;

    /** What programs see. */
    final Map<String, Node> names;

    /** What names were forced, and what was done to them since. */
    private final Map<String, Node> forcedNames;

    private final List<Consumer<Map<String, Node>>> unforced = new ArrayList<>();

    private int operations;
    private int writes;
    private int forces;

    /** From this operation on, every one fails: the machine is going down. */
    int crashAt = Integer.MAX_VALUE;

    /** This write or force fails, and only that. */
    int failingWrite = -1;

    int failingForce = -1;

    /** How many bytes all files may have together. */
    long capacity = Long.MAX_VALUE;

    SimulatedDisk() {
        this(new TreeMap<>());
    }

    private SimulatedDisk(Map<String, Node> names) {
        this.names = names;
        this.forcedNames = new TreeMap<>(names);
    }

    /** A file's bytes. */
    static final class Node {
        byte[] seen = {};
        byte[] forced = {};
        final List<Write> unforced = new ArrayList<>();
    }

    private record Write(int position, byte[] bytes) {}

    int operations() {
        return operations;
    }

    int writes() {
        return writes;
    }

    int forces() {
        return forces;
    }

    private void operation() throws IOException {
        if (operations++ >= crashAt) {
            throw new IOException("power failure");
        }
    }

    /** What another process finds after this one was killed. */
    SimulatedDisk afterKill() {
        return new SimulatedDisk(new TreeMap<>(names));
    }

    /** What a machine finds that starts again. */
    SimulatedDisk afterPowerFailure(Random chance) {
        Map<String, Node> left = new TreeMap<>(forcedNames);
        // A file system keeps the order of what is done to names.
        int kept = chance.nextInt(unforced.size() + 1);
        unforced.subList(0, kept).forEach(done -> done.accept(left));
        int mode = chance.nextInt(4);
        Map<Node, Node> copies = new LinkedHashMap<>();
        left.replaceAll((name, node) -> copies.computeIfAbsent(node, one -> survivor(one, mode, chance)));
        return new SimulatedDisk(left);
    }

    private static Node survivor(Node node, int mode, Random chance) {
        Node survivor = new Node();
        byte[] bytes = node.forced.clone();
        for (Write write : node.unforced) {
            for (int from = 0; from < write.bytes.length; ) {
                int to = Math.min(write.bytes.length, from + SECTOR - (write.position + from) % SECTOR);
                boolean keep = mode == 1 || mode == 2 && chance.nextBoolean() || mode == 3 && chance.nextInt(10) > 0;
                if (keep) {
                    // The last sector may be cut anywhere.
                    int end = mode == 2 && to == write.bytes.length ? from + chance.nextInt(to - from + 1) : to;
                    bytes = grown(bytes, write.position + end);
                    System.arraycopy(write.bytes, from, bytes, write.position + from, end - from);
                }
                from = to;
            }
        }
        survivor.seen = bytes;
        survivor.forced = bytes;
        return survivor;
    }

    private static byte[] grown(byte[] bytes, int length) {
        return bytes.length >= length ? bytes : Arrays.copyOf(bytes, length);
    }

    /** A copy whose files can be altered. */
    SimulatedDisk copy() {
        Map<String, Node> copies = new TreeMap<>();
        names.forEach((name, node) -> {
            Node copy = new Node();
            copy.seen = node.seen.clone();
            copy.forced = copy.seen;
            copies.put(name, copy);
        });
        return new SimulatedDisk(copies);
    }

    @Override
    public String folder() {
        return "simulated";
    }

    @Override
    public List<String> list() {
        return List.copyOf(names.keySet());
    }

    @Override
    public StoredFile open(String name) throws IOException {
        operation();
        Node node = names.get(name);
        if (node == null) {
            Node made = new Node();
            node = made;
            apply(map -> map.put(name, made));
        }
        return new SimulatedFile(node);
    }

    private void apply(Consumer<Map<String, Node>> change) {
        change.accept(names);
        unforced.add(change);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        operation();
        apply(map -> {
            @Nullable Node node = map.remove(from);
            if (node != null) {
                map.put(to, node);
            }
        });
    }

    @Override
    public void delete(String name) throws IOException {
        operation();
        apply(map -> map.remove(name));
    }

    @Override
    public void forceFolder() throws IOException {
        operation();
        if (forces++ == failingForce) {
            throw new IOException("Input/output error");
        }
        forcedNames.clear();
        forcedNames.putAll(names);
        unforced.clear();
    }

    @Override
    public void close() {}

    private long used() {
        return names.values().stream().mapToLong(node -> node.seen.length).sum();
    }

    private final class SimulatedFile implements StoredFile {

        private final Node node;

        SimulatedFile(Node node) {
            this.node = node;
        }

        @Override
        public long size() {
            return node.seen.length;
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            int end = Math.toIntExact(position) + copy.length;
            if (used() + Math.max(0, end - node.seen.length) > capacity) {
                throw new IOException("No space left on device");
            }
            if (writes++ == failingWrite) {
                throw new IOException("Input/output error");
            }
            // A write that was on its way when the power failed may have come down in part.
            node.unforced.add(new Write(Math.toIntExact(position), copy));
            node.seen = grown(node.seen.clone(), end);
            System.arraycopy(copy, 0, node.seen, Math.toIntExact(position), copy.length);
            operation();
        }

        @Override
        public void read(ByteBuffer bytes, long position) {
            int count = Math.max(0, Math.min(bytes.remaining(), node.seen.length - Math.toIntExact(position)));
            if (count > 0) {
                bytes.put(node.seen, Math.toIntExact(position), count);
            }
        }

        @Override
        public void force() throws IOException {
            operation();
            if (forces++ == failingForce) {
                // As on Linux: the pages count as clean from now on, are still seen, and never reach the disk.
                node.unforced.clear();
                throw new IOException("Input/output error");
            }
            node.forced = node.seen;
            node.unforced.clear();
        }

        @Override
        public void close() {}
    }
}
