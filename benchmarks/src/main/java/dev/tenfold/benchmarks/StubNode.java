package dev.tenfold.benchmarks;

import java.sql.Connection;
import org.springframework.jdbc.datasource.AbstractDataSource;

/** A database of one connection that everybody shares, so that what is measured is the way to it. */
final class StubNode extends AbstractDataSource {

    private final String name;
    private final boolean primary;
    private final Connection connection;

    StubNode(String name, boolean primary) {
        this.name = name;
        this.primary = primary;
        this.connection = new StubConnection(!primary);
    }

    boolean isPrimary() {
        return primary;
    }

    @Override
    public Connection getConnection() {
        return connection;
    }

    @Override
    public Connection getConnection(String user, String password) {
        return connection;
    }

    @Override
    public String toString() {
        return name;
    }
}
