package dev.tenfold.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CoordinatesTest {

    /** City coordinates to two decimals; geodesic distances on the ellipsoid (WGS 84), hence the tolerance of 0.6 %. */
    @ParameterizedTest
    @CsvSource({
        "London,        51.51,  -0.13, New York,      40.71,  -74.01,  5585",
        "Paris,         48.86,   2.35, Berlin,        52.52,   13.41,   879",
        "Tokyo,         35.68, 139.69, San Francisco, 37.77, -122.42,  8286",
        "Sydney,       -33.87, 151.21, Auckland,     -36.85,  174.76,  2157",
        "Cairo,         30.04,  31.24, Cape Town,    -33.92,   18.42,  7239",
    })
    void isAsFarAsKnownBetweenCities(
            String from,
            double latitude1,
            double longitude1,
            String to,
            double latitude2,
            double longitude2,
            double km) {
        Coordinates one = Coordinates.of(latitude1, longitude1);
        Coordinates other = Coordinates.of(latitude2, longitude2);

        assertThat(one.distanceKm(other)).as("%s to %s", from, to).isCloseTo(km, Percentage.withPercentage(0.6));
        assertThat(other.distanceKm(one)).isEqualTo(one.distanceKm(other), within(1e-9));
    }

    @Test
    void isRightAtTheEdgesOfTheMap() {
        double half = Math.PI * 6371.0088;
        assertThat(Coordinates.of(90, 0).distanceKm(Coordinates.of(-90, 77))).isEqualTo(half, within(1e-6));
        assertThat(Coordinates.of(0, 0).distanceKm(Coordinates.of(0, 180))).isEqualTo(half, within(1e-6));
        assertThat(Coordinates.of(10, -180).distanceKm(Coordinates.of(10, 180))).isEqualTo(0, within(1e-6));
        assertThat(Coordinates.of(0, 179.5).distanceKm(Coordinates.of(0, -179.5)))
                .isEqualTo(half / 180, within(1e-6));
        assertThat(Coordinates.of(12, 34).distanceKm(Coordinates.of(12, 34))).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {90.001, -90.001, Double.NaN, Double.POSITIVE_INFINITY})
    void rejectsALatitudeThatIsNone(double latitude) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Coordinates.of(latitude, 0))
                .withMessage("latitude: " + latitude + " (expected: -90 to 90)");
    }

    @ParameterizedTest
    @ValueSource(doubles = {180.001, -180.001, Double.NaN})
    void rejectsALongitudeThatIsNone(double longitude) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Coordinates.of(0, longitude))
                .withMessage("longitude: " + longitude + " (expected: -180 to 180)");
    }
}
