package dev.tenfold.benchmarks.peers;

import dev.tenfold.benchmarks.ReadCluster;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.shardingsphere.driver.api.yaml.YamlShardingSphereDataSourceFactory;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import software.amazon.jdbc.ds.AwsWrapperDataSource;

/**
 * <b>What does routing add to a pooled read from a real replica, in the data sources of other vendors?</b> The same
 * operation as in {@code ReadConnectionBenchmark}, to be run with it.
 *
 * <ul>
 *   <li>{@code hikari}: the replica's pool itself, for comparison within this table.
 *   <li>{@code awsWrapper}: AWS Advanced JDBC Wrapper 4.3.0 without plugins below a HikariCP pool: no routing.
 *   <li>{@code awsSplitting}: with its plugin {@code srw}, which routes by {@code setReadOnly} between two endpoints.
 *   <li>{@code shardingSphere}: ShardingSphere-JDBC 5.5.2 with its read/write splitting over two HikariCP pools; it parses
 *       the statement and routes by that.
 * </ul>
 *
 * <pre>mvn -q -Ppeers,bench verify -Dbench.args="--name read-connection --include .*ReadConnection.* --client"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadConnectionPeersBenchmark {

    private static final String SPLITTING = """
            rules:
            - !SINGLE
              tables:
                - "*.*"
            - !READWRITE_SPLITTING
              dataSourceGroups:
                users:
                  writeDataSourceName: primary
                  readDataSourceNames:
                    - replica
                  transactionalReadQueryStrategy: DYNAMIC
                  loadBalancerName: turns
              loadBalancers:
                turns:
                  type: ROUND_ROBIN
            """;

    private ReadCluster cluster;
    private DataSource source;

    /** Prepares the contender that is measured, and no other. */
    @Setup
    public void prepare(BenchmarkParams run) throws Exception {
        cluster = new ReadCluster();
        String method = run.getBenchmark().substring(run.getBenchmark().lastIndexOf('.') + 1);
        source = switch (method) {
            case "hikari" -> cluster.pool("b");
            case "awsWrapper" -> cluster.pool(aws("b", ""));
            case "awsSplitting" -> cluster.pool(aws("a", "srw"));
            case "shardingSphere" -> splitting();
            default -> throw new IllegalArgumentException("benchmark: " + method + " (expected: one of this class)");
        };
    }

    private DataSource aws(String node, String plugins) {
        AwsWrapperDataSource wrapper = new AwsWrapperDataSource();
        wrapper.setJdbcProtocol("jdbc:postgresql:");
        wrapper.setServerName("127.0.0.1");
        wrapper.setServerPort(String.valueOf(cluster.port(node)));
        wrapper.setDatabase("postgres");
        wrapper.setTargetDataSourceClassName("org.postgresql.ds.PGSimpleDataSource");
        Properties properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("wrapperPlugins", plugins);
        if (!plugins.isEmpty()) {
            properties.setProperty("srwWriteEndpoint", "127.0.0.1:" + cluster.port("a"));
            properties.setProperty("srwReadEndpoint", "127.0.0.1:" + cluster.port("b"));
            properties.setProperty("verifyNewSrwConnections", "false");
        }
        wrapper.setTargetDataSourceProperties(properties);
        return wrapper;
    }

    private DataSource splitting() throws Exception {
        Map<String, DataSource> nodes = new LinkedHashMap<>();
        nodes.put("primary", cluster.poolByUrl("a"));
        nodes.put("replica", cluster.poolByUrl("b"));
        return YamlShardingSphereDataSourceFactory.createDataSource(
                nodes, SPLITTING.getBytes(StandardCharsets.UTF_8));
    }

    /** Ends the servers. */
    @TearDown
    public void close() throws Exception {
        if (source instanceof AutoCloseable closeable) {
            closeable.close();
        }
        cluster.close();
    }

    /** The pool alone. */
    @Benchmark
    public String hikari() throws SQLException {
        return ReadCluster.read(source, true);
    }

    /** The wrapper alone. */
    @Benchmark
    public String awsWrapper() throws SQLException {
        return ReadCluster.read(source, true);
    }

    /** Routed by the flag. */
    @Benchmark
    public String awsSplitting() throws SQLException {
        return ReadCluster.read(source, true);
    }

    /** Routed by the statement. */
    @Benchmark
    public String shardingSphere() throws SQLException {
        return ReadCluster.read(source, true);
    }
}
