package dev.tenfold.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a name server on loopback, through the JDK's own resolver. */
class DnsDiscoveryTest {

    private final SimulatedTime time = new SimulatedTime();
    private final Told<InetSocketAddress> told = new Told<>();
    private FakeDns dns;

    @BeforeEach
    void serve() throws IOException {
        dns = new FakeDns();
    }

    @AfterEach
    void stop() {
        dns.close();
    }

    @Test
    void findsAddressesOfBothKinds() {
        dns.put("api.internal", "A", "10.0.0.2", "10.0.0.1");
        dns.put("api.internal", "AAAA", "fd00::1");
        try (Discovery.Watch watch = watch(Dns.a("api.internal", 8080).server(dns.address()))) {
            assertThat(told.ids()).containsExactly("10.0.0.1:8080", "10.0.0.2:8080", "[fd00:0:0:0:0:0:0:1]:8080");
            assertThat(told.found.get(0).target()).isEqualTo(new InetSocketAddress("10.0.0.1", 8080));
            dns.put("api.internal", "A", "10.0.0.1", "10.0.0.2");
            next();
            assertThat(told.times).as("another order is no change").isEqualTo(1);
            dns.put("api.internal", "A", "10.0.0.3");
            next();
            assertThat(told.ids()).containsExactly("10.0.0.3:8080", "[fd00:0:0:0:0:0:0:1]:8080");
        }
    }

    @Test
    void theMachinesOwnResolverIsTheDefault() {
        try (Discovery.Watch watch = watch(Dns.a("localhost", 80))) {
            assertThat(told.failures).isEmpty();
            assertThat(told.found).isNotEmpty().allMatch(each -> each.target().getAddress().isLoopbackAddress());
        }
    }

    @Test
    void serversComeWithTheWeightsOfTheBestPriority() {
        dns.put(
                "_api._tcp.internal",
                "SRV",
                "20 5 8080 reserve.internal.",
                "10 60 8080 B.internal.",
                "10 20 8081 a.internal.",
                "10 0 8082 z.internal.");
        try (Discovery.Watch watch = watch(Dns.srv("_api._tcp.internal").server(dns.address()))) {
            assertThat(told.ids()).containsExactly("a.internal:8081", "b.internal:8080", "z.internal:8082");
            assertThat(told.found).extracting(Endpoint::weight).containsExactly(20.0, 60.0, 0.01);
            assertThat(told.found.get(0).target())
                    .isEqualTo(InetSocketAddress.createUnresolved("a.internal", 8081));
            dns.put("_api._tcp.internal", "SRV", "20 0 8080 reserve.internal.");
            next();
            assertThat(told.ids()).containsExactly("reserve.internal:8080");
            assertThat(told.found.get(0).weight()).as("nothing to weigh").isEqualTo(1);
        }
    }

    @Test
    void allPrioritiesAreTaggedForAPolicyThatKeepsReserves() {
        dns.put("_api._tcp.internal", "SRV", "20 0 1 r.internal.", "10 5 1 a.internal.", "10 0 1 b.internal.");
        try (Discovery.Watch watch =
                watch(Dns.srv("_api._tcp.internal").allPriorities().server(dns.address()))) {
            assertThat(told.found)
                    .extracting(each -> each.tags().get(DnsDiscovery.PRIORITY))
                    .containsExactly("10", "10", "20");
            assertThat(told.found).extracting(Endpoint::weight).containsExactly(5.0, 0.01, 1.0);
        }
    }

    @Test
    void aServiceThatIsDecidedlyNotThereAndANameThatIsUnknownAreFailures() {
        dns.put("_gone._tcp.internal", "SRV", "0 0 0 .");
        try (Discovery.Watch watch = watch(Dns.srv("_gone._tcp.internal").server(dns.address()))) {
            assertThat(told.failures.get(0)).hasMessageContaining("no endpoints");
        }
        told.failures.clear();
        try (Discovery.Watch watch = watch(Dns.srv("_unknown._tcp.internal").server(dns.address()))) {
            assertThat(told.failures.get(0)).hasMessageContaining("SRV records of _unknown._tcp.internal");
        }
    }

    @Test
    void aNameServerThatFailsLeavesTheLastAnswer() {
        dns.put("_api._tcp.internal", "SRV", "10 60 8080 a.internal.");
        try (Discovery.Watch watch = watch(Dns.srv("_api._tcp.internal").server(dns.address()))) {
            dns.failWith = 2;
            next();
            assertThat(told.failures).hasSize(1);
            assertThat(told.ids()).containsExactly("a.internal:8080");
            dns.failWith = 0;
            next();
            assertThat(told.times).isEqualTo(2);
        }
    }

    @Test
    void wrongPortsAreReported() {
        assertThatThrownBy(() -> Dns.a("x", 0))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("port: 0");
        assertThat(Dns.srv("_api._tcp.internal")).hasToString("Dns.srv(_api._tcp.internal)");
    }

    private Discovery.Watch watch(DnsDiscovery discovery) {
        return discovery
                .every(Duration.ofSeconds(5))
                .watch(told, new DiscoveryContext(time, Runnable::run, Chance.seeded(2)));
    }

    private void next() {
        time.runNext();
    }
}
