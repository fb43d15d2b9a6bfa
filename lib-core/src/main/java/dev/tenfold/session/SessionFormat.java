package dev.tenfold.session;

import dev.tenfold.session.SessionState.KeyMark;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The body of a token: whether shards were forgotten, the topologies, the shards, and the keys, which name their shard by its
 * place. Counts are one byte, numbers that are often small 7 bits a byte, the least significant first.
 */
final class SessionFormat {

    private SessionFormat() {}

    static void write(SessionState state, DataOutputStream out) throws IOException {
        out.writeBoolean(state.forgotSome());
        writeAll(state.topologies(), out);
        writeAll(state.floors(), out);
        List<String> shards = List.copyOf(state.floors().keySet());
        out.writeByte(state.keys().size());
        for (KeyMark mark : state.keys()) {
            out.writeByte(shards.indexOf(mark.shard()));
            out.writeInt(mark.key());
            writeNumber(mark.seen().timeline(), out);
            writeNumber(mark.seen().offset(), out);
            out.writeLong(mark.read());
        }
    }

    private static void writeAll(Map<String, Position> positions, DataOutputStream out) throws IOException {
        out.writeByte(positions.size());
        for (Map.Entry<String, Position> each : positions.entrySet()) {
            out.writeUTF(each.getKey());
            writeNumber(each.getValue().timeline(), out);
            writeNumber(each.getValue().offset(), out);
        }
    }

    static SessionState read(DataInputStream in) throws IOException {
        boolean forgotSome = in.readBoolean();
        Map<String, Position> topologies = readAll(in);
        Map<String, Position> floors = readAll(in);
        List<String> shards = List.copyOf(floors.keySet());
        List<KeyMark> keys = new ArrayList<>();
        int count = in.readUnsignedByte();
        for (int i = 0; i < count; i++) {
            String shard = shards.get(in.readUnsignedByte());
            int key = in.readInt();
            keys.add(new KeyMark(shard, key, new Position(shard, readNumber(in), readNumber(in)), in.readLong()));
        }
        return new SessionState(floors, keys, topologies, forgotSome);
    }

    private static Map<String, Position> readAll(DataInputStream in) throws IOException {
        Map<String, Position> positions = new LinkedHashMap<>();
        int count = in.readUnsignedByte();
        for (int i = 0; i < count; i++) {
            String name = in.readUTF();
            positions.put(name, new Position(name, readNumber(in), readNumber(in)));
        }
        return positions;
    }

    /** Reads what was written before keys and topologies were remembered: one position a shard, for all of it. */
    static SessionState readFirst(DataInputStream in) throws IOException {
        boolean forgotSome = in.readBoolean();
        Map<String, Position> floors = new LinkedHashMap<>();
        int count = in.readUnsignedByte();
        for (int i = 0; i < count; i++) {
            Position position = new Position(in.readUTF(), in.readLong(), in.readLong());
            floors.put(position.shard(), position);
        }
        return new SessionState(floors, List.of(), Map.of(), forgotSome);
    }

    private static void writeNumber(long number, DataOutputStream out) throws IOException {
        long rest = number;
        while (rest > 0x7F) {
            out.writeByte((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }

    private static long readNumber(DataInputStream in) throws IOException {
        long number = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int next = in.readUnsignedByte();
            number |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return number;
            }
        }
        throw new IOException("a number of more than 9 bytes");
    }
}
