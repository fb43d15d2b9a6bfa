package dev.tenfold.locality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.topology.Coordinates;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Ten thousand clients in real cities over eight regions. */
class WorldTest {

    private static final Duration RETURN = Duration.ofSeconds(30);
    private static final List<Coordinates> CLIENTS = World.clients(10_000, 1);

    private final World world = new World(RETURN, Proximity.greatCircle());

    @Test
    void everybodyReachesTheNearestRegion() {
        List<String> all = List.copyOf(world.places.keySet());
        Map<String, Integer> count = new HashMap<>();
        for (Coordinates client : CLIENTS) {
            String region = world.centres.region(client).name();
            assertThat(region).as("of %s", client).isEqualTo(world.nearest(client, all));
            count.merge(region, 1, Integer::sum);
        }
        assertThat(count).as("each region is somebody's nearest").hasSize(8);
    }

    @Test
    void clientsOfARegionThatIsCutGoToTheNextNearestAndComeBackGradually() {
        List<String> rest = new ArrayList<>(world.places.keySet());
        rest.remove("frankfurt");
        List<Coordinates> europe = CLIENTS.stream()
                .filter(client -> world.centres.region(client).name().equals("frankfurt"))
                .toList();
        assertThat(europe).hasSizeGreaterThan(500);

        world.failing("frankfurt", World.SERVERS);
        for (Coordinates client : CLIENTS) {
            List<String> up = europe.contains(client) ? rest : List.copyOf(world.places.keySet());
            assertThat(world.centres.region(client).name()).isEqualTo(world.nearest(client, up));
        }

        world.failing("frankfurt", 0);
        assertThat(shareOf("frankfurt", europe)).as("at first").isCloseTo(0.1, within(0.05));
        world.time.advance(RETURN.dividedBy(2));
        assertThat(shareOf("frankfurt", europe)).as("half way").isCloseTo(0.5, within(0.06));
        for (Coordinates client : europe) {
            assertThat(world.centres.region(client).name()).isIn("frankfurt", world.nearest(client, rest));
        }
        world.time.advance(RETURN);
        assertThat(shareOf("frankfurt", europe)).as("in the end").isEqualTo(1);
    }

    @Test
    void aClientThatIsKeptTogetherMovesAtMostOnceWhileARegionReturns() {
        world.failing("frankfurt", World.SERVERS);
        Coordinates paris = Coordinates.of(48.86, 2.35);
        assertThat(world.centres.region(paris).name()).isEqualTo("virginia");
        world.failing("frankfurt", 0);
        Map<Long, Boolean> back = new HashMap<>();
        for (int second = 0; second <= 30; second++) {
            for (long client = 0; client < 500; client++) {
                long hash = client * 0x9E3779B97F4A7C15L;
                boolean home = world.centres.locate(paris, hash) == world.balancers.get("frankfurt");
                assertThat(home || !back.getOrDefault(client, false))
                        .as("client %d has come back and stays", client)
                        .isTrue();
                back.put(client, home);
            }
            world.time.advance(Duration.ofSeconds(1));
        }
        assertThat(back.values()).containsOnly(true);
    }

    @Test
    void aWeakRegionKeepsWhatItCanServeAndTheRestSpillsOver() {
        world.failing("frankfurt", 4);
        assertThat(world.centres.capacity("frankfurt")).as("1.4 times 6 of 10").isCloseTo(0.84, within(1e-9));
        List<Coordinates> europe = CLIENTS.stream()
                .filter(client -> world.nearest(client, List.copyOf(world.places.keySet()))
                        .equals("frankfurt"))
                .toList();
        assertThat(shareOf("frankfurt", europe)).isCloseTo(0.84, within(0.04));
        world.failing("frankfurt", 2);
        assertThat(shareOf("frankfurt", europe))
                .as("1.4 times 8 of 10 is more than enough")
                .isEqualTo(1);
    }

    @Test
    void whereAllAreShortTheyShareWhatThereIs() {
        // Envoy's table for priorities (docs, priority.rst): 20 % and 30 % healthy at 1.4 make 28 and 42, normalised 40
        // and 60.
        for (String region : world.places.keySet()) {
            world.failing(region, region.equals("frankfurt") ? 5 : region.equals("virginia") ? 5 : World.SERVERS);
        }
        Coordinates paris = Coordinates.of(48.86, 2.35);
        double home = 0;
        for (int i = 0; i < 10_000; i++) {
            home += world.centres.region(paris).name().equals("frankfurt") ? 1 : 0;
        }
        assertThat(home / 10_000).as("0.7 here, the other 0.3 next door").isCloseTo(0.7, within(0.02));
    }

    @Test
    void aSplitIsKeptWithinOnePercentWhateverTheDistance() {
        world.centres.split(Map.of("frankfurt", 90.0, "virginia", 10.0));
        assertThat(shareOf("frankfurt", CLIENTS)).isCloseTo(0.9, within(0.01));
        assertThat(shareOf("virginia", CLIENTS)).isCloseTo(0.1, within(0.01));
        world.failing("frankfurt", World.SERVERS);
        assertThat(shareOf("virginia", CLIENTS)).as("the other part takes over").isEqualTo(1);
        world.failing("virginia", World.SERVERS);
        assertThat(shareOf("virginia", CLIENTS) + shareOf("frankfurt", CLIENTS))
                .as("where no part is up distance decides")
                .isZero();
        world.centres.unsplit();
        world.failing("virginia", 0);
        world.failing("frankfurt", 0);
        assertThat(world.centres.describe()).as("noticed by the next look").contains("returning");
        world.time.advance(RETURN);
        everybodyReachesTheNearestRegion();
    }

    @Test
    void theSwitchForADisasterSendsEverybodyToOneRegion() {
        world.centres.switchTo("tokyo");
        world.failing("tokyo", 8);
        assertThat(shareOf("tokyo", CLIENTS)).isEqualTo(1);
        assertThat(world.centres.describe()).startsWith("data centres 'world', all switched to tokyo");
        world.failing("tokyo", 0);
        world.centres.switchBack();
        List<Coordinates> american = CLIENTS.stream()
                .filter(client -> world.nearest(client, List.copyOf(world.places.keySet()))
                        .equals("virginia"))
                .toList();
        assertThat(shareOf("virginia", american)).as("as after an outage").isLessThan(0.5);
        world.time.advance(RETURN);
        everybodyReachesTheNearestRegion();
    }

    @Test
    void measuredLatencyOverrulesTheMap() {
        MeasuredLatency measured = MeasuredLatency.empty();
        World roads = new World(RETURN, measured);
        Coordinates lagos = Coordinates.of(6.45, 3.39);
        assertThat(roads.centres.region(lagos).name()).isEqualTo("cape-town");
        measured.record(lagos, "cape-town", Duration.ofMillis(140));
        assertThat(roads.centres.region(lagos).name()).as("the map says next").isEqualTo("frankfurt");
        measured.record(lagos, "frankfurt", Duration.ofMillis(95));
        measured.record(lagos, "sao-paulo", Duration.ofMillis(180));
        measured.record(lagos, "virginia", Duration.ofMillis(170));
        measured.record(lagos, "mumbai", Duration.ofMillis(240));
        for (String far : List.of("oregon", "tokyo", "sydney")) {
            measured.record(lagos, far, Duration.ofMillis(300));
        }
        assertThat(roads.centres.region(lagos).name()).isEqualTo("frankfurt");
        measured.record(lagos, "frankfurt", Duration.ZERO);
        for (int i = 0; i < 50; i++) {
            measured.record(lagos, "frankfurt", Duration.ofMillis(200));
        }
        assertThat(roads.centres.region(lagos).name()).as("learns anew").isEqualTo("cape-town");
    }

    @Test
    void addressesAreResolvedByTheLongestPrefix() throws Exception {
        GeoResolver networks = GeoResolver.networks(Map.of(
                "10.0.0.0/8", Coordinates.of(50, 8),
                "10.7.0.0/16", Coordinates.of(-33, 18),
                "2001:db8::/32", Coordinates.of(35, 139)));
        assertThat(networks.resolve(InetAddress.getByName("10.1.2.3"))).contains(Coordinates.of(50, 8));
        assertThat(networks.resolve(InetAddress.getByName("10.7.2.3"))).contains(Coordinates.of(-33, 18));
        assertThat(networks.resolve(InetAddress.getByName("2001:db8:1::1"))).contains(Coordinates.of(35, 139));
        assertThat(networks.resolve(InetAddress.getByName("192.0.2.1"))).isEmpty();
        assertThatThrownBy(() -> GeoResolver.networks(
                        Map.of("example.org/8", Coordinates.of(0, 0), "10.0.0.0/33", Coordinates.of(0, 0))))
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        failure -> assertThat(failure.problems()).hasSize(2));
    }

    @Test
    void aWrongSplitChangesNothing() {
        assertThatThrownBy(() -> world.centres.split(Map.of("mars", 1.0, "tokyo", -1.0)))
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        failure -> assertThat(failure.problems()).hasSize(3));
        everybodyReachesTheNearestRegion();
    }

    private double shareOf(String region, List<Coordinates> clients) {
        long there = clients.stream()
                .filter(client -> world.centres.region(client).name().equals(region))
                .count();
        return (double) there / clients.size();
    }
}
