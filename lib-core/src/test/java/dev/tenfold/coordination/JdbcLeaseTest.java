package dev.tenfold.coordination;

import dev.tenfold.testing.LeaseContract;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.TimeSource;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;

final class JdbcLeaseTest extends LeaseContract {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static DataSource database;

    private final String name = "lease-" + COUNT.incrementAndGet();

    @BeforeAll
    static void createTable() {
        database = TestDatabase.fresh();
        Registers.createTable(database, "registers");
    }

    @Override
    protected Lease open(TimeSource time) {
        return Leases.over(
                Registers.jdbc(database, "registers", name, LeaseState.codec()).build(), time);
    }

    @Override
    protected int steps() {
        return 80;
    }
}
