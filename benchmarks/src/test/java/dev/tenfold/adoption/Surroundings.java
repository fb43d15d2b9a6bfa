package dev.tenfold.adoption;

import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What stands around the shop: PostgreSQL with two replicas, which the shop may use or not, and two servers of the forwarder. */
final class Surroundings {

    private @Nullable PostgresCluster cluster;
    private @Nullable Path journal;
    private List<Forwarder> forwarders = List.of();

    void start() {
        try {
            cluster = PostgresCluster.builder().replicas(2).synchronous().start();
            forwarders = List.of(new Forwarder(), new Forwarder());
            journal = Files.createTempDirectory("shop-journal");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    PostgresCluster cluster() {
        if (cluster == null) {
            throw new IllegalStateException("not started");
        }
        return cluster;
    }

    List<String> databases() {
        return cluster().nodes().stream().map(PostgresNode::url).toList();
    }

    List<String> nodes() {
        return cluster().nodes().stream().map(PostgresNode::connectionInfo).toList();
    }

    List<String> forwarders() {
        return forwarders.stream().map(Forwarder::address).toList();
    }

    Forwarder forwarder(int at) {
        return forwarders.get(at);
    }

    String journal() {
        return String.valueOf(journal);
    }

    void stop() {
        forwarders.forEach(Forwarder::close);
        cluster().close();
        if (journal != null) {
            try (Stream<Path> files = Files.walk(journal)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
