package dev.tenfold.discovery;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A name server on loopback that answers over UDP with what a test put into it: the wire format of RFC 1035 and RFC 2782. */
final class FakeDns implements AutoCloseable {

    private static final Map<Integer, String> TYPES = Map.of(1, "A", 28, "AAAA", 33, "SRV");

    private final DatagramSocket socket;
    private final Map<String, List<String>> records = new ConcurrentHashMap<>();
    private final Thread thread;
    volatile int failWith;

    FakeDns() throws IOException {
        socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        thread = new Thread(this::serve, "fake-dns");
        thread.setDaemon(true);
        thread.start();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    /** Sets the records of a name and type: addresses, or {@code priority weight port target}. */
    void put(String name, String type, String... data) {
        records.put(name + " " + type, List.of(data));
    }

    private void serve() {
        byte[] buffer = new byte[512];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                byte[] answer = answer(ByteBuffer.wrap(buffer, 0, packet.getLength()));
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            }
        } catch (IOException closed) {
            if (!socket.isClosed()) {
                throw new IllegalStateException(closed);
            }
        }
    }

    private byte[] answer(ByteBuffer query) throws IOException {
        short id = query.getShort();
        query.position(12);
        StringBuilder name = new StringBuilder();
        for (int length = query.get(); length > 0; length = query.get()) {
            byte[] label = new byte[length];
            query.get(label);
            name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.US_ASCII));
        }
        String type = TYPES.getOrDefault((int) query.getShort(), "?");
        List<String> found = records.getOrDefault(name + " " + type, List.of());
        boolean known = records.keySet().stream().anyMatch(key -> key.startsWith(name + " "));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeShort(id);
        out.writeShort(0x8580 | (failWith != 0 ? failWith : known ? 0 : 3));
        out.writeShort(1);
        out.writeShort(failWith != 0 ? 0 : found.size());
        out.writeInt(0);
        writeName(out, name.toString());
        int code = TYPES.entrySet().stream()
                .filter(each -> each.getValue().equals(type))
                .findFirst()
                .map(Map.Entry::getKey)
                .orElse(255);
        out.writeShort(code);
        out.writeShort(1);
        for (String data : failWith != 0 ? List.<String>of() : found) {
            out.writeShort(0xC00C);
            out.writeShort(code);
            out.writeShort(1);
            out.writeInt(60);
            byte[] rdata = type.equals("SRV") ? srv(data) : InetAddress.getByName(data).getAddress();
            out.writeShort(rdata.length);
            out.write(rdata);
        }
        return bytes.toByteArray();
    }

    private static byte[] srv(String data) throws IOException {
        String[] words = data.split(" ");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        for (int i = 0; i < 3; i++) {
            out.writeShort(Integer.parseInt(words[i]));
        }
        writeName(out, words[3].substring(0, words[3].length() - 1));
        return bytes.toByteArray();
    }

    private static void writeName(DataOutputStream out, String name) throws IOException {
        for (String label : name.isEmpty() ? new String[0] : name.split("\\.")) {
            out.writeByte(label.length());
            out.write(label.getBytes(StandardCharsets.US_ASCII));
        }
        out.writeByte(0);
    }

    @Override
    public void close() {
        socket.close();
        try {
            thread.join(10_000);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
