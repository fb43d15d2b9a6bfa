package dev.tenfold.balance.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Policies;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthChecks;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Two data sources over one real server, which also kills connections, and one that refuses as it is told. */
class BalancedDataSourceTest {

    private final DataSource real = TestDatabase.fresh();

    @Test
    void connectionsAreSpreadAndCountedUntilTheyAreClosed() throws Exception {
        LoadBalancer<DataSource> balancer = balancer(real, real);
        DataSource balanced = BalancedDataSource.over(balancer);
        try (Connection one = balanced.getConnection();
                Connection two = balanced.getConnection()) {
            assertThat(inFlight(balancer)).isEqualTo(2);
            Map<String, Integer> picks = new TreeMap<>();
            picks.merge(one.toString().substring(0, 1), 1, Integer::sum);
            picks.merge(two.toString().substring(0, 1), 1, Integer::sum);
            assertThat(picks).containsOnlyKeys("a", "b");
            try (PreparedStatement statement = one.prepareStatement("select ? + 1")) {
                assertThat(statement.getConnection())
                        .isSameAs(one)
                        .isEqualTo(one)
                        .hasSameHashCodeAs(one);
                statement.setInt(1, 41);
                try (ResultSet rows = statement.executeQuery()) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getInt(1)).isEqualTo(42);
                }
            }
            assertThat(one.isWrapperFor(org.postgresql.PGConnection.class)).isTrue();
            one.close();
            assertThat(one.isClosed()).isTrue();
            assertThat(inFlight(balancer)).as("closed once however often").isEqualTo(1);
        }
        assertThat(inFlight(balancer)).isZero();
    }

    @Test
    void aConnectionThatTheServerKillsCountsAgainstIt() throws Exception {
        LoadBalancer<DataSource> balancer = balancer(real, real);
        DataSource balanced = BalancedDataSource.over(balancer);
        try (Connection victim = balanced.getConnection();
                Statement statement = victim.createStatement()) {
            String id = victim.toString().substring(0, 1);
            int process;
            try (ResultSet rows = statement.executeQuery("select pg_backend_pid()")) {
                rows.next();
                process = rows.getInt(1);
            }
            try (Connection other = real.getConnection();
                    Statement kill = other.createStatement()) {
                kill.execute("select pg_terminate_backend(" + process + ")");
            }
            assertThatThrownBy(() -> {
                        while (true) {
                            statement.execute("select 1");
                        }
                    })
                    .isInstanceOf(SQLException.class);
            assertThat(balancer.health(id).orElseThrow().current().state()).isEqualTo(HealthState.EJECTED);
            assertThat(inFlight(balancer)).isZero();
        }
    }

    @Test
    void theCallersOwnMistakesSayNothingOfTheServer() throws Exception {
        LoadBalancer<DataSource> balancer = balancer(real, real);
        try (Connection connection = BalancedDataSource.over(balancer).getConnection();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("select nonsense")).isInstanceOf(SQLException.class);
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.execute("select pg_sleep(20)")).isInstanceOf(SQLException.class);
            assertThat(inFlight(balancer)).isEqualTo(1);
        }
        assertThat(balancer.healthyShare()).isEqualTo(1);
    }

    @Test
    void aDatabaseThatRefusesIsPassedOver() throws Exception {
        LoadBalancer<DataSource> balancer = balancer(refusing(new SQLException("starting up", "57P03")), real);
        DataSource balanced = BalancedDataSource.over(balancer);
        for (int i = 0; i < 10; i++) {
            try (Connection connection = balanced.getConnection()) {
                assertThat(connection.toString()).startsWith("b: ");
            }
        }
        assertThat(balancer.health("a").orElseThrow().current().reason()).contains("CONNECT_FAILED");
        assertThat(inFlight(balancer)).isZero();
    }

    @Test
    void whereAllRefuseTheLastFailureIsTheCallers() {
        SQLException down = new SQLException("connection refused", "08001");
        LoadBalancer<DataSource> balancer = balancer(refusing(down), refusing(down));
        DataSource balanced = BalancedDataSource.over(balancer).attempts(5);
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(balanced::getConnection).isSameAs(down);
        }
        assertThat(inFlight(balancer)).isZero();
        balancer.close();
        assertThatThrownBy(() -> balanced.getConnection("me", "secret")).isInstanceOf(UnavailableException.class);
    }

    @Test
    void aWrongPasswordIsTriedOnce() {
        SQLException wrong = new SQLException("password authentication failed", "28P01");
        LoadBalancer<DataSource> balancer = balancer(refusing(wrong), refusing(wrong));
        assertThatThrownBy(() -> BalancedDataSource.over(balancer).getConnection())
                .isSameAs(wrong);
        assertThat(balancer.healthyShare()).isEqualTo(1);
    }

    @Test
    void failuresAreJudgedByTheirState() {
        assertThat(SqlOutcomes.connecting(new SQLException("x", "53300"))).isEqualTo(Outcome.OVERLOADED);
        assertThat(SqlOutcomes.connecting(new SQLTransientConnectionException("pool is empty")))
                .isEqualTo(Outcome.CONNECT_FAILED);
        assertThat(SqlOutcomes.connecting(new SQLTimeoutException("x"))).isEqualTo(Outcome.TIMED_OUT);
        assertThat(SqlOutcomes.connecting(new SQLException(new SQLException("x", "08006"))))
                .isEqualTo(Outcome.CONNECT_FAILED);
        assertThat(SqlOutcomes.working(new SQLException("x", "08006"))).isEqualTo(Outcome.FAILED);
        assertThat(SqlOutcomes.working(new SQLException("x", "57P01"))).isEqualTo(Outcome.FAILED);
        assertThat(SqlOutcomes.working(new SQLException("x", "57P05"))).isNull();
        assertThat(SqlOutcomes.working(new SQLException("x", "57014"))).isNull();
        assertThat(SqlOutcomes.working(new SQLTimeoutException("x"))).isNull();
        assertThat(SqlOutcomes.working(new SQLIntegrityConstraintViolationException("x", "23505")))
                .isNull();
        assertThatThrownBy(() -> BalancedDataSource.over(balancer(real, real)).attempts(0))
                .isInstanceOf(InvalidConfigurationException.class);
    }

    @Test
    void aDatabaseIsCheckedThroughItsDriver() throws Exception {
        Duration timeout = Duration.ofMillis(1_500);
        assertThat(HealthChecks.jdbc(Runnable::run)
                        .check(real, timeout)
                        .toCompletableFuture()
                        .get())
                .isTrue();
        assertThat(HealthChecks.jdbc(Runnable::run)
                        .check(refusing(new SQLException("no", "08001")), timeout)
                        .toCompletableFuture())
                .isCompletedExceptionally();
    }

    private static LoadBalancer<DataSource> balancer(DataSource a, DataSource b) {
        return LoadBalancer.<DataSource>builder("jdbc")
                .endpoints(List.of(Endpoint.of("a", a), Endpoint.of("b", b)))
                .policy(Policies.roundRobin())
                .health(HealthPolicy.builder().consecutiveFailures(1).build())
                .observer(Observer.none())
                .build();
    }

    private static double inFlight(LoadBalancer<?> balancer) {
        return balancer.measurements().stream()
                .filter(each -> each.name().equals("tenfold.balancer.in_flight"))
                .mapToDouble(each -> each.value().getAsDouble())
                .sum();
    }

    private static DataSource refusing(SQLException failure) {
        return (DataSource) Proxy.newProxyInstance(
                BalancedDataSourceTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                    throw failure;
                });
    }
}
