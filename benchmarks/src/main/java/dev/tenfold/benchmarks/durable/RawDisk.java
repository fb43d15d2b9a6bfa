package dev.tenfold.benchmarks.durable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the disk does alone: one small write to a file that is there in full, one force, one after another. */
final class RawDisk implements ConfirmingLog {

    private static final int SIZE = 16 << 20;

    private final FileChannel file;
    private long at;

    RawDisk(Path path) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
        for (long position = 0; position < SIZE; position += zeros.capacity()) {
            file.write(zeros.clear(), position);
        }
        file.force(true);
    }

    @Override
    public String name() {
        return "the disk alone";
    }

    @Override
    public void write(byte[] message) throws IOException {
        file.write(ByteBuffer.wrap(message), at);
        file.force(false);
        at = (at + message.length) % (SIZE - message.length);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
