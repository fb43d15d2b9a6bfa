package dev.tenfold.benchmarks.peers;

import dev.tenfold.benchmarks.durable.ConfirmingLog;
import dev.tenfold.benchmarks.durable.DurableConfirms;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.activemq.artemis.core.io.nio.NIOSequentialFileFactory;
import org.apache.activemq.artemis.core.journal.impl.JournalImpl;

/**
 * The journal of Artemis as a library, with its defaults for such disks, beside Tenfold's broker and the disk alone.
 *
 * <pre>mvn -q -Ppeers,bench verify -Dbench.main=dev.tenfold.benchmarks.peers.ArtemisJournalConfirms
 * -Dbench.args="20 /tmp benchmarks/results/queue-durable.md"</pre>
 */
public final class ArtemisJournalConfirms implements ConfirmingLog {

    private static final int FILE_SIZE = 10 << 20;
    private static final byte RECORD = 1;

    private final JournalImpl journal;
    private final AtomicLong ids = new AtomicLong();

    private ArtemisJournalConfirms(Path folder) throws Exception {
        NIOSequentialFileFactory files = new NIOSequentialFileFactory(folder.toFile(), true, 1);
        journal = new JournalImpl(FILE_SIZE, 2, 2, 10, 30, files, "journal", "dat", 1);
        journal.start();
        journal.loadInternalOnly();
    }

    /** The arguments are those of {@link DurableConfirms}. */
    public static void main(String[] arguments) throws Exception {
        DurableConfirms.run(arguments, List.of(ArtemisJournalConfirms::new));
    }

    @Override
    public String name() {
        return "artemis-journal (NIO)";
    }

    @Override
    public void write(byte[] message) throws Exception {
        long id = ids.incrementAndGet();
        journal.appendAddRecord(id, RECORD, message, true);
        journal.appendDeleteRecord(id, false);
    }

    @Override
    public void close() throws IOException {
        try {
            journal.stop();
        } catch (Exception failure) {
            throw new IOException("the journal does not stop", failure);
        }
    }
}
