package dev.tenfold.locality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Member;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataCentresTest {

    private static final Coordinates FRANKFURT = Coordinates.of(50.11, 8.68);
    private static final Coordinates VIRGINIA = Coordinates.of(39.04, -77.49);
    private static final Coordinates SINGAPORE = Coordinates.of(1.35, 103.82);
    private static final Coordinates SYDNEY = Coordinates.of(-33.87, 151.21);

    private static final Coordinates PARIS = Coordinates.of(48.86, 2.35);
    private static final Coordinates NEW_YORK = Coordinates.of(40.71, -74.01);
    private static final Coordinates AUCKLAND = Coordinates.of(-36.85, 174.76);
    private static final Coordinates SUVA = Coordinates.of(-18.14, 178.44);

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final LoadBalancer<String> eu = balancer("eu");
    private final LoadBalancer<String> us = balancer("us");
    private final LoadBalancer<String> asia = balancer("asia");
    private final DataCentres<String> world = DataCentres.<String>builder("world")
            .region("eu", FRANKFURT, eu)
            .region("us", VIRGINIA, us)
            .region("asia", SINGAPORE, asia)
            .observer(events::add)
            .gradualReturn(Duration.ZERO)
            .random(Chance.seeded(1))
            .time(time)
            .build();

    @Test
    void clientsGoToTheNearestRegion() {
        assertThat(world.locate(PARIS)).isSameAs(eu);
        assertThat(world.locate(NEW_YORK)).isSameAs(us);
        assertThat(world.locate(SYDNEY)).isSameAs(asia);
        assertThat(world.ranked(NEW_YORK)).extracting(Region::name).containsExactly("us", "eu", "asia");
    }

    /**
     * Envoy's documentation, "Locality weighted load balancing": localities X of weight 1 and Y of weight 2, Y all healthy; the
     * healthy endpoints of X and the traffic to each, in percent. Envoy rounds to whole percents, we do not.
     */
    @ParameterizedTest
    @CsvSource({"100, 33, 67", "70, 33, 67", "69, 32, 68", "50, 26, 74", "25, 15, 85", "0, 0, 100"})
    void splitsFollowTheLocalityTableOfEnvoy(int healthy, int loadX, int loadY) {
        LoadBalancer<String> x = balancer("x", 100);
        LoadBalancer<String> y = balancer("y", 100);
        for (int i = healthy; i < 100; i++) {
            x.health("x-" + i).orElseThrow().checked(false);
        }
        DataCentres<String> localities = DataCentres.<String>builder("localities")
                .region("x", FRANKFURT, x)
                .region("y", VIRGINIA, y)
                .minimumHealthyShare(0.01)
                .gradualReturn(Duration.ZERO)
                .observer(Observer.none())
                .time(time)
                .random(Chance.seeded(7))
                .build();
        localities.split(Map.of("x", 1.0, "y", 2.0));
        int clients = 40_000;
        int toX = 0;
        for (int i = 0; i < clients; i++) {
            toX += localities.locate(PARIS) == x ? 1 : 0;
        }
        assertThat(toX * 100.0 / clients).isCloseTo(loadX, within(1.2));
        assertThat(100 - toX * 100.0 / clients).isCloseTo(loadY, within(1.2));
    }

    private LoadBalancer<String> balancer(String name, int size) {
        return LoadBalancer.<String>builder(name)
                .endpoints(IntStream.range(0, size)
                        .mapToObj(i -> Endpoint.of(name + "-" + i, name + "-" + i))
                        .toList())
                .health(HealthPolicy.builder().checks(1, 1).build())
                .observer(Observer.none())
                .time(time)
                .build();
    }

    @Test
    void theNearestIsAcrossTheDateLineToo() {
        DataCentres<String> pacific = DataCentres.<String>builder()
                .region("auckland", AUCKLAND, eu)
                .region("apia", Coordinates.of(-13.83, -171.77), us)
                .observer(Observer.none())
                .build();
        assertThat(pacific.region(SUVA).name()).isEqualTo("apia");
    }

    @Test
    void anyClientGetsWhatFullRankingSays() {
        Random random = new Random(42);
        for (int i = 0; i < 2_000; i++) {
            Coordinates client = Coordinates.of(random.nextDouble() * 180 - 90, random.nextDouble() * 360 - 180);
            Region<String> best = world.regions().stream()
                    .min(Comparator.comparingDouble(
                            region -> region.coordinates().distanceKm(client)))
                    .orElseThrow();
            assertThat(world.region(client)).isEqualTo(best);
        }
    }

    @Test
    void aRegionThatFailsIsLeftAndReturnedTo() {
        failAll(eu);
        assertThat(eu.healthyShare())
                .as("one ejected, two spared by the cap: none is trusted")
                .isZero();
        assertThat(world.locate(PARIS)).isSameAs(us);
        assertThat(world.ranked(PARIS)).extracting(Region::name).containsExactly("us", "asia");
        time.advance(Duration.ofSeconds(10));
        assertThat(world.locate(PARIS)).isSameAs(eu);
        assertThat(events).extracting(Event::kind).containsExactly("endpoint.probing", "endpoint.healthy");
    }

    @Test
    void aMinorityOfFailuresDoesNotMoveARegion() {
        fail(eu, "eu-1");
        assertThat(world.ranked(PARIS)).extracting(Region::name).containsExactly("eu", "us", "asia");
        assertThat(world.capacity("eu")).as("1.4 times two of three").isCloseTo(0.933, within(0.001));
    }

    @Test
    void aDrainedRegionGetsNobodyUntilItIsResumed() {
        world.drain("eu");
        assertThat(world.locate(PARIS)).isSameAs(us);
        assertThat(world.describe()).contains("eu").contains("drained");
        world.resume("eu");
        assertThat(world.locate(PARIS)).isSameAs(eu);
        assertThatThrownBy(() -> world.drain("mars"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("region: mars (expected: one of [eu, us, asia])");
    }

    @Test
    void aWeakRegionIsBetterThanNone() {
        down(eu, "eu-1", "eu-2");
        down(us, "us-1", "us-2");
        down(asia, "asia-1", "asia-2", "asia-3");
        assertThat(world.locate(SYDNEY)).as("asia is nearer but has nobody").isSameAs(us);
        down(eu, "eu-3");
        down(us, "us-3");
        assertThatThrownBy(() -> world.locate(SYDNEY))
                .isInstanceOfSatisfying(
                        UnavailableException.class,
                        failure -> assertThat(failure.reasons())
                                .containsExactly(
                                        "eu: down, 0 % healthy", "us: down, 0 % healthy", "asia: down, 0 % healthy"));
    }

    /** What all regions depend on has failed and is back; nobody would ever find out if nobody were asked. */
    @Test
    void aRegionThatStillTakesCallsIsBetterThanNone() {
        for (LoadBalancer<String> region : List.of(eu, us, asia)) {
            for (int i = 1; i <= 3; i++) {
                for (int call = 0; call < region.healthPolicy().consecutiveFailures(); call++) {
                    region.health(region.name() + "-" + i).orElseThrow().report(Outcome.FAILED);
                }
            }
            assertThat(region.healthyShare()).isZero();
        }
        assertThat(world.locate(PARIS)).isSameAs(eu);
        world.drain("eu");
        assertThat(world.locate(PARIS)).isSameAs(us);
    }

    @Test
    void everythingWrongIsReportedAtOnce() {
        assertThatThrownBy(() -> DataCentres.<String>builder()
                        .region("eu", FRANKFURT, eu)
                        .region("eu", FRANKFURT, eu)
                        .minimumHealthyShare(0)
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        failure -> assertThat(failure.problems()).hasSize(2));
    }

    private LoadBalancer<String> balancer(String region) {
        return LoadBalancer.<String>builder(region)
                .endpoints(region + "-1", region + "-2", region + "-3")
                .observer(Observer.none())
                .time(time)
                .random(Chance.seeded(1))
                .build();
    }

    /** Every call fails, as where the line to the region is cut, until its endpoints are all known to fail. */
    private static void failAll(LoadBalancer<String> balancer) {
        for (int i = 0; i < 200; i++) {
            Member<String> member = balancer.pick();
            member.report(Outcome.CONNECT_FAILED);
        }
    }

    private static void fail(LoadBalancer<String> balancer, String id) {
        for (int i = 0; i < 5; i++) {
            balancer.health(id).orElseThrow().report(Outcome.CONNECT_FAILED);
        }
    }

    private static void down(LoadBalancer<String> balancer, String... ids) {
        for (String id : ids) {
            for (int i = 0; i < 3; i++) {
                balancer.health(id).orElseThrow().checked(false);
            }
        }
    }
}
