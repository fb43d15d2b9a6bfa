package dev.tenfold.balance.jdbc;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.Validation;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.HashSet;
import java.util.Set;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Databases that are alike, such as the replicas of one primary, as one {@link DataSource}: each connection is one to a database
 * that the balancer picks.
 *
 * <pre>{@code
 * LoadBalancer<DataSource> replicas = LoadBalancer.<DataSource>builder("replicas")
 *         .endpoints(List.of(Endpoint.of("a", poolA), Endpoint.of("b", poolB)))
 *         .build();
 * DataSource reading = BalancedDataSource.over(replicas);
 * }</pre>
 *
 * <ul>
 *   <li><b>Load.</b> A connection is one call in flight from the pick until it is closed, and that time is the call's latency. So
 *       put pools under it ({@code poolA} above), not over it: a pool over it would keep for hours what was picked once.
 *   <li><b>Failures.</b> What counts against a database is SQLSTATE class 08 (connection), class 53 (out of resources), 57P01 to
 *       57P03 (it shuts down or starts up), and no connection in time. Everything else, such as a wrong password or a violated
 *       constraint, is the caller's own and says nothing of it. A connection reports at its first such failure.
 *   <li><b>Again.</b> A connection that cannot be had from one database is asked of another, since nothing was sent. What fails on
 *       a connection is never repeated.
 * </ul>
 *
 * <p>Where no database can be picked, {@link dev.tenfold.error.UnavailableException} is thrown. Immutable, thread-safe; it owns
 * neither the balancer nor its databases. Connections and statements are proxies, result sets are the driver's.
 */
public final class BalancedDataSource implements DataSource {

    /** On how many databases a connection is tried unless changed. */
    public static final int DEFAULT_ATTEMPTS = 3;

    /** How often a pick that was tried already is exchanged for another, before it is taken. */
    private static final int REDRAWS = 8;

    private final LoadBalancer<? extends DataSource> balancer;
    private final int attempts;

    private BalancedDataSource(LoadBalancer<? extends DataSource> balancer, int attempts) {
        this.balancer = balancer;
        this.attempts = attempts;
    }

    /**
     * Makes a data source over the databases of a balancer.
     *
     * @param balancer picks the databases
     * @return the data source
     */
    public static BalancedDataSource over(LoadBalancer<? extends DataSource> balancer) {
        return new BalancedDataSource(balancer, DEFAULT_ATTEMPTS);
    }

    /**
     * Sets on how many databases a connection is tried.
     *
     * @param attempts >= 1; default {@value #DEFAULT_ATTEMPTS}
     * @return a data source that tries so often
     * @throws dev.tenfold.error.InvalidConfigurationException if it is below 1
     */
    public BalancedDataSource attempts(int attempts) {
        Validation check = Validation.of("balanced data source");
        check.atLeast("attempts", attempts, 1);
        check.throwIfInvalid();
        return new BalancedDataSource(balancer, attempts);
    }

    /**
     * Takes a connection from a database.
     *
     * @return a connection to be closed
     * @throws SQLException what the last database threw
     * @throws dev.tenfold.error.UnavailableException if no database can be picked
     */
    @Override
    public Connection getConnection() throws SQLException {
        return connect(DataSource::getConnection);
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        return connect(database -> database.getConnection(username, password));
    }

    private Connection connect(Opening opening) throws SQLException {
        Set<String> tried = new HashSet<>();
        for (int attempt = 1; ; attempt++) {
            Selection<? extends DataSource> selection = another(tried);
            tried.add(selection.endpoint().id());
            try {
                return WatchedConnection.of(opening.open(selection.target()), selection);
            } catch (Throwable failure) {
                Outcome outcome = SqlOutcomes.connecting(failure);
                selection.report(outcome);
                boolean others = tried.size() < balancer.topology().endpoints().size();
                if (!outcome.countsAgainstEndpoint() || !others || attempt == attempts) {
                    throw thrown(failure);
                }
            }
        }
    }

    /** Picks a database, another than those tried if the policy can be brought to it. */
    private Selection<? extends DataSource> another(Set<String> tried) {
        Selection<? extends DataSource> selection = balancer.select();
        for (int i = 0; i < REDRAWS && tried.contains(selection.endpoint().id()); i++) {
            selection.close();
            selection = balancer.select();
        }
        return selection;
    }

    private static SQLException thrown(Throwable failure) {
        if (failure instanceof SQLException expected) {
            return expected;
        }
        throw CallFailedException.unchecked("getConnection", failure);
    }

    /** A way to a connection. */
    @FunctionalInterface
    private interface Opening {
        Connection open(DataSource database) throws SQLException;
    }

    /** Returns nothing: each database logs where its own data source is told to. */
    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) throws SQLException {
        throw new SQLFeatureNotSupportedException("set the log writer of the data sources underneath");
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        throw new SQLFeatureNotSupportedException("set the login timeout of the data sources underneath");
    }

    /** Returns 0: the limits are those of the data sources underneath. */
    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("this data source does not use java.util.logging");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLException(getClass().getSimpleName() + " is no " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public String toString() {
        return "BalancedDataSource[" + balancer.name() + "]";
    }
}
