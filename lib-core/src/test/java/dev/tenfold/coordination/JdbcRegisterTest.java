package dev.tenfold.coordination;

import dev.tenfold.Codec;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.testing.VersionedRegisterContract;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;

final class JdbcRegisterTest extends VersionedRegisterContract {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static DataSource database;

    private final SimulatedTime time = new SimulatedTime();
    private final String name = "register-" + COUNT.incrementAndGet();

    @BeforeAll
    static void createTable() {
        database = TestDatabase.fresh();
        Registers.createTable(database, "registers");
    }

    @Override
    protected VersionedRegister<String> open() {
        return Registers.jdbc(database, "registers", name, Codec.utf8())
                .scheduler(time)
                .time(time)
                .build();
    }

    @Override
    protected void settle() {
        time.advance(RegisterBuilder.DEFAULT_POLL_INTERVAL);
    }

    @Override
    protected int writesPerThread() {
        return 15;
    }
}
