package dev.tenfold.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.replication.ReadPreference.Mode;
import dev.tenfold.replication.ServerSelection.Server;
import dev.tenfold.replication.ServerSelection.Suitable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Cases of MongoDB's server-selection and max-staleness specifications, in a notation of our own, each under the name of its
 * original ({@code P/} with, {@code N/} without a primary): github.com/mongodb/specifications, source/server-selection/tests and
 * source/max-staleness/tests.
 *
 * <p>A server is {@code name type round trip [tags]}, where the type is P(rimary), S(econdary) or U(nknown); of the staleness
 * cases {@code name type round trip @lastUpdate/lastWrite [tags]}. All times in milliseconds. Tags are {@code key=value}, several
 * of a set joined by {@code +}; sets by {@code |}; {@code *} is the empty set and {@code -} no set.
 */
class ServerSelectionTest {

    private static final String THREE = "b S 5 dc=nyc, c S 100 dc=nyc, a P 26 dc=nyc";
    private static final String TWO = "b S 5 dc=nyc, c S 100 dc=nyc";

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = ';',
            value = {
                "P/Nearest; NEAREST; dc=nyc; " + THREE + "; abc; b",
                "P/Nearest_multiple; NEAREST; dc=nyc; b S 10 dc=nyc, c S 100 dc=nyc, a P 20 dc=nyc; abc; ab",
                "P/Nearest_non_matching; NEAREST; dc=sf; " + THREE + "; ''; ''",
                "P/Primary; PRIMARY; -; " + THREE + "; a; a",
                "P/PrimaryPreferred; PRIMARY_PREFERRED; *; " + THREE + "; a; a",
                "P/PrimaryPreferred_non_matching; PRIMARY_PREFERRED; dc=sf; " + THREE + "; a; a",
                "P/Secondary; REPLICA; dc=nyc; " + THREE + "; bc; b",
                "P/SecondaryPreferred; REPLICA_PREFERRED; dc=nyc; " + THREE + "; bc; b",
                "P/SecondaryPreferred_empty_tags; REPLICA_PREFERRED; dc=nyc|*; a P 5, b S 5; b; b",
                "P/SecondaryPreferred_non_matching; REPLICA_PREFERRED; dc=sf; " + THREE + "; a; a",
                "P/SecondaryPreferred_tags; REPLICA_PREFERRED; dc=nyc; a P 5 dc=nyc, b S 5 dc=sf; a; a",
                "P/Secondary_non_matching; REPLICA; dc=sf; " + THREE + "; ''; ''",
                "N/Nearest; NEAREST; dc=nyc; " + TWO + "; bc; b",
                "N/Nearest_multiple; NEAREST; dc=nyc; b S 10 dc=nyc, c S 20 dc=nyc; bc; bc",
                "N/Nearest_non_matching; NEAREST; dc=sf; " + TWO + "; ''; ''",
                "N/PossiblePrimary; PRIMARY; -; b U 5; ''; ''",
                "N/PossiblePrimaryNearest; NEAREST; *; b U 5; ''; ''",
                "N/Primary; PRIMARY; -; " + TWO + "; ''; ''",
                "N/PrimaryPreferred; PRIMARY_PREFERRED; *; " + TWO + "; bc; b",
                "N/PrimaryPreferred_non_matching; PRIMARY_PREFERRED; dc=sf; " + TWO + "; ''; ''",
                "N/Secondary; REPLICA; dc=nyc; " + TWO + "; bc; b",
                "N/SecondaryPreferred; REPLICA_PREFERRED; dc=nyc; " + TWO + "; bc; b",
                "N/SecondaryPreferred_non_matching; REPLICA_PREFERRED; dc=sf; " + TWO + "; ''; ''",
                "N/Secondary_multi_tags; REPLICA; dc=nyc+rack=1|x=y; b S 5 dc=nyc+rack=1, c S 5 dc=sf+rack=2; b; b",
                "N/Secondary_multi_tags2; REPLICA; dc=nyc+rack=1|x=y; b S 5 dc=nyc+rack=1, c S 5 dc=nyc+rack=2; b; b",
                "N/Secondary_non_matching; REPLICA; dc=sf; " + TWO + "; ''; ''",
            })
    void selectsAsTheServerSelectionSpecification(
            String name, Mode mode, String tags, String servers, String suitable, String near) {
        check(preference(mode, tags, 0), Duration.ofSeconds(10), servers, suitable, near);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = ';',
            value = {
                "P/DefaultNoMaxStaleness; 10; NEAREST; 0; -; a P 50 @0/1000001, b S 5 @0/1; ab; b",
                "P/LastUpdateTime; 25; NEAREST; 150; -; a P 50 @1/2, b S 5 @125001/2, c S 5 @125001/1; ab; b",
                "P/LongHeartbeat; 120; NEAREST; 130; -; a P 5 @0/1, b S 50 @0/1; ab; a",
                "P/Nearest; 25; NEAREST; 150; -; a P 5 @0/125002, b S 50 @0/2, c S 5 @0/1; ab; a",
                "P/Nearest2; 25; NEAREST; 150; -; a P 50 @0/125002, b S 5 @0/2, c S 5 @0/1; ab; b",
                "P/Nearest_tags; 25; NEAREST; 150; dc=nyc|dc=tok; a P 5 @0/125002 dc=tok, b S 5 @0/1 dc=nyc; a; a",
                "P/PrimaryPreferred; 25; PRIMARY_PREFERRED; 150; -; a P 5 @0/1, b S 5 @0/1; a; a",
                "P/SecondaryPreferred; 10; REPLICA_PREFERRED; 120; -; a P 5 @0/1000001, b S 5 @0/1; a; a",
                "P/SecondaryPreferred_tags; 25; REPLICA_PREFERRED; 150; dc=nyc; a P 5 @0/125002, b S 5 @0/2 dc=nyc,"
                        + " c S 50 @1/1000001 dc=nyc, d S 5 @0/1 dc=nyc, e S 5 @0/2 dc=tok; bc; b",
                "P/SecondaryPreferred_tags2; 25; REPLICA_PREFERRED; 150; dc=nyc|dc=tok; a P 5 @0/125002,"
                        + " b S 5 @0/2 dc=tok, c S 5 @0/1 dc=nyc; b; b",
                "P/Secondary_tags; 25; REPLICA; 150; dc=nyc; a P 5 @0/125002, b S 5 @0/2 dc=nyc,"
                        + " c S 50 @1/1000001 dc=nyc, d S 5 @0/1 dc=nyc, e S 5 @0/2 dc=tok; bc; b",
                "P/Secondary_tags2; 25; REPLICA; 150; dc=nyc|dc=tok; a P 5 @0/125002, b S 5 @0/2 dc=tok,"
                        + " c S 5 @0/1 dc=nyc; b; b",
                "N/DefaultNoMaxStaleness; 10; NEAREST; 0; -; a S 50 @0/1000001, b S 5 @0/1; ab; b",
                "N/LastUpdateTime; 25; NEAREST; 150; -; a S 5 @1/125002, b S 50 @25002/2, c S 5 @25001/1; ab; a",
                "N/Nearest; 25; NEAREST; 150; -; a S 5 @0/125002, b S 50 @0/2, c S 5 @0/1; ab; a",
                "N/Nearest2; 25; NEAREST; 150; -; a S 50 @0/125002, b S 5 @0/2, c S 5 @0/1; ab; b",
                "N/NoKnownServers; 10; NEAREST; 90; -; a U 0, b U 0; ''; ''",
                "N/OneKnownTwoUnavailable; 10; NEAREST; 120; -; a U 5, b U 5, c S 5 @0/1; c; c",
                "N/PrimaryPreferred; 25; PRIMARY_PREFERRED; 90; -; a S 5 @0/1000001, b S 5 @0/1; a; a",
                "N/PrimaryPreferred_tags; 25; PRIMARY_PREFERRED; 150; dc=nyc|dc=tok; a S 5 @0/125002 dc=tok,"
                        + " b S 5 @0/1 dc=nyc; a; a",
                "N/Secondary; 25; REPLICA; 150; dc=nyc; a S 5 @0/125002 dc=tok, b S 5 @0/2 dc=nyc,"
                        + " c S 5 @0/1 dc=nyc, d S 5 @0/2 dc=tok; b; b",
                "N/SecondaryPreferred; 10; REPLICA_PREFERRED; 120; -; a S 5 @0/1000001, b S 5 @0/1; a; a",
                "N/SecondaryPreferred_tags; 25; REPLICA_PREFERRED; 150; dc=nyc; a S 5 @0/125002 dc=tok,"
                        + " b S 5 @0/2 dc=nyc, c S 5 @0/1 dc=nyc, d S 5 @0/2 dc=tok; b; b",
            })
    void selectsAsTheMaxStalenessSpecification(
            String name,
            long heartbeat,
            Mode mode,
            long staleness,
            String tags,
            String servers,
            String suitable,
            String near) {
        check(preference(mode, tags, staleness), Duration.ofSeconds(heartbeat), servers, suitable, near);
    }

    /** source/server-selection/tests/rtt, in nanoseconds. */
    @ParameterizedTest
    @CsvSource({
        "-1, 10000000, 10000000",
        "-1, 0, 0",
        "0, 5000000, 1000000",
        "3100000, 36000000, 9680000",
        "9120000, 9120000, 9120000",
        "1000000, 1000000000, 200800000",
        "0, 250000, 50000"
    })
    void averagesRoundTripsAsTheSpecification(long before, long roundTrip, long after) {
        assertThat(ServerSelection.average(before, roundTrip)).isEqualTo(after);
    }

    /** P/MaxStalenessWithModePrimary, P/ZeroMaxStaleness, and the rule of P/MaxStalenessTooSmall with a bound of our own. */
    @Test
    void refusesWhatTheSpecificationRefuses() {
        assertThatThrownBy(() -> ReadPreference.primary().withMaxStaleness(Duration.ofMinutes(2)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("read preference PRIMARY");
        assertThatThrownBy(() -> ReadPreference.primary().withTags(Map.of("dc", "nyc")))
                .isInstanceOf(InvalidConfigurationException.class);
        assertThatThrownBy(() -> ReadPreference.nearest().withMaxStaleness(Duration.ZERO))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("maxStaleness: PT0S (expected: > 0)");
        assertThatThrownBy(() -> ReadPreference.nearest().withMaxStaleness(-1))
                .isInstanceOf(InvalidConfigurationException.class);
        assertThatThrownBy(() -> ReplicaSet.<String>builder("x")
                        .primary("a", "a")
                        .reads(ReadPreference.nearest().withMaxStaleness(Duration.ofMillis(499)))
                        .start())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("maxStaleness: PT0.499S (expected: at least twice probeEvery, which is PT0.25S");
    }

    @Test
    void limitsTheBytesBehindThePrimaryOrBehindTheFurthestReplica() {
        List<Server> servers = new ArrayList<>(
                List.of(server(Role.PRIMARY, 1000), server(Role.REPLICA, 900), server(Role.REPLICA, 899)));
        ReadPreference preference = ReadPreference.replica().withMaxStaleness(100);

        assertThat(ServerSelection.suitable(servers, preference, 1).tiers()).containsExactly(0b010);

        servers.set(0, server(Role.UNKNOWN, 1000));
        assertThat(ServerSelection.suitable(servers, preference, 1).tiers()).containsExactly(0b110);
        assertThat(ServerSelection.suitable(servers, preference.withMaxStaleness(0), 1)
                        .tiers())
                .containsExactly(0b010);
    }

    @Test
    void aNodeWhoseRoundTripIsNotKnownIsFar() {
        assertThat(ServerSelection.near(0b11, new long[] {5, -1}, 100)).isEqualTo(0b01);
        assertThat(ServerSelection.near(0b11, new long[] {-1, -1}, 100)).isEqualTo(0b11);
        assertThat(ServerSelection.near(0b11, new long[] {5, 105}, 100)).isEqualTo(0b11);
        assertThat(ServerSelection.near(0b11, new long[] {5, 106}, 100)).isEqualTo(0b01);
    }

    private static Server server(Role role, long offset) {
        return new Server(role, role != Role.UNKNOWN, 0, Map.of(), ServerSelection.NEVER, 0, offset);
    }

    private static ReadPreference preference(Mode mode, String tags, long stalenessSeconds) {
        ReadPreference preference = ReadPreference.of(mode);
        if (!tags.equals("-")) {
            for (String set : tags.split("\\|")) {
                preference = preference.withTags(tags(set));
            }
        }
        return stalenessSeconds == 0 ? preference : preference.withMaxStaleness(Duration.ofSeconds(stalenessSeconds));
    }

    private static Map<String, String> tags(String text) {
        Map<String, String> tags = new HashMap<>();
        if (!text.equals("*")) {
            for (String tag : text.split("\\+")) {
                tags.put(tag.substring(0, tag.indexOf('=')), tag.substring(tag.indexOf('=') + 1));
            }
        }
        return tags;
    }

    private static void check(
            ReadPreference preference, Duration heartbeat, String text, String suitable, String near) {
        List<Server> servers = new ArrayList<>();
        StringBuilder names = new StringBuilder();
        for (String one : text.split(", ")) {
            String[] parts = one.split(" ");
            Role role = switch (parts[1]) {
                case "P" -> Role.PRIMARY;
                case "S" -> Role.REPLICA;
                default -> Role.UNKNOWN;
            };
            boolean timed = parts.length > 3 && parts[3].startsWith("@");
            String[] times = timed ? parts[3].substring(1).split("/") : new String[] {"0", "0"};
            int last = timed ? 4 : 3;
            servers.add(new Server(
                    role,
                    role != Role.UNKNOWN,
                    nanos(parts[2]),
                    parts.length > last ? tags(parts[last]) : Map.of(),
                    nanos(times[1]),
                    nanos(times[0]),
                    0));
            names.append(parts[0]);
        }
        Suitable found = ServerSelection.suitable(servers, preference, heartbeat.toNanos());
        long first = found.tiers().length > 0 ? found.tiers()[0] : found.fallback();
        long[] roundTrips = servers.stream().mapToLong(Server::roundTrip).toArray();
        long window = ServerSelection.near(
                first, roundTrips, preference.latencyWindow().toNanos());

        assertThat(named(first, names)).as("suitable").isEqualTo(suitable);
        assertThat(named(window, names)).as("in the latency window").isEqualTo(near);
    }

    private static String named(long nodes, CharSequence names) {
        char[] found = new char[Long.bitCount(nodes)];
        int at = 0;
        for (int i = 0; i < names.length(); i++) {
            if ((nodes & (1L << i)) != 0) {
                found[at++] = names.charAt(i);
            }
        }
        Arrays.sort(found);
        return new String(found);
    }

    private static long nanos(String millis) {
        return Long.parseLong(millis) * 1_000_000;
    }
}
