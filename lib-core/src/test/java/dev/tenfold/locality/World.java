package dev.tenfold.locality;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Coordinates;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Eight regions where cloud providers have theirs, and clients in the cities of the tz database. */
final class World {

    static final int SERVERS = 10;

    private static final Pattern ISO_6709 =
            Pattern.compile("([+-])(\\d{2})(\\d{2})(\\d{2})?([+-])(\\d{3})(\\d{2})(\\d{2})?\\t.*");

    final SimulatedTime time = new SimulatedTime();
    final Map<String, Coordinates> places = new LinkedHashMap<>();
    final Map<String, LoadBalancer<String>> balancers = new LinkedHashMap<>();
    final DataCentres<String> centres;

    World(Duration gradualReturn, Proximity proximity) {
        places.put("virginia", Coordinates.of(39.04, -77.49));
        places.put("oregon", Coordinates.of(45.84, -119.70));
        places.put("sao-paulo", Coordinates.of(-23.55, -46.63));
        places.put("frankfurt", Coordinates.of(50.11, 8.68));
        places.put("cape-town", Coordinates.of(-33.92, 18.42));
        places.put("mumbai", Coordinates.of(19.08, 72.88));
        places.put("tokyo", Coordinates.of(35.68, 139.69));
        places.put("sydney", Coordinates.of(-33.87, 151.21));
        DataCentresBuilder<String> builder = DataCentres.<String>builder("world")
                .gradualReturn(gradualReturn)
                .proximity(proximity)
                .observer(Observer.none())
                .time(time)
                .random(Chance.seeded(7));
        places.forEach((name, place) -> {
            List<String> servers = new ArrayList<>();
            for (int i = 0; i < SERVERS; i++) {
                servers.add(name + "-" + i);
            }
            LoadBalancer<String> balancer = LoadBalancer.<String>builder(name)
                    .endpoints(servers.toArray(String[]::new))
                    .observer(Observer.none())
                    .time(time)
                    .build();
            balancers.put(name, balancer);
            builder.region(name, place, balancer);
        });
        centres = builder.build();
    }

    /** Fails the checks of the first servers of a region and passes those of the others. */
    void failing(String region, int servers) {
        for (int i = 0; i < SERVERS; i++) {
            for (int check = 0; check < 3; check++) {
                Objects.requireNonNull(balancers.get(region))
                        .health(region + "-" + i)
                        .orElseThrow()
                        .checked(i >= servers);
            }
        }
    }

    /** Clients near the cities of the table, drawn by chance. */
    static List<Coordinates> clients(int count, long seed) {
        List<Coordinates> cities = cities();
        Random random = new Random(seed);
        List<Coordinates> clients = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Coordinates city = cities.get(random.nextInt(cities.size()));
            clients.add(Coordinates.of(
                    Math.max(-90, Math.min(90, city.latitude() + random.nextGaussian())),
                    Math.max(-180, Math.min(180, city.longitude() + random.nextGaussian()))));
        }
        return clients;
    }

    private static List<Coordinates> cities() {
        List<Coordinates> cities = new ArrayList<>();
        try (InputStream table = Objects.requireNonNull(World.class.getResourceAsStream("places.tsv"))) {
            for (String line : new String(table.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                Matcher found = ISO_6709.matcher(line);
                if (found.matches()) {
                    cities.add(Coordinates.of(
                            degrees(found.group(1), found.group(2), found.group(3)),
                            degrees(found.group(5), found.group(6), found.group(7))));
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return cities;
    }

    private static double degrees(String sign, String degrees, String minutes) {
        double value = Integer.parseInt(degrees) + Integer.parseInt(minutes) / 60.0;
        return sign.equals("-") ? -value : value;
    }

    /** Who is nearest, worked out another way: by the angle between unit vectors. */
    String nearest(Coordinates client, List<String> among) {
        String best = "";
        double most = -2;
        for (String name : among) {
            double cosine = dot(vector(client), vector(Objects.requireNonNull(places.get(name))));
            if (cosine > most) {
                most = cosine;
                best = name;
            }
        }
        return best;
    }

    private static double[] vector(Coordinates at) {
        double latitude = Math.toRadians(at.latitude());
        double longitude = Math.toRadians(at.longitude());
        return new double[] {
            Math.cos(latitude) * Math.cos(longitude), Math.cos(latitude) * Math.sin(longitude), Math.sin(latitude)
        };
    }

    private static double dot(double[] a, double[] b) {
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }
}
