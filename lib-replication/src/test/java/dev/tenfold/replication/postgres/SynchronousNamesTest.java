package dev.tenfold.replication.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The forms that the PostgreSQL manual gives for {@code synchronous_standby_names}. */
class SynchronousNamesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                     | 0 | b | false",
                "ANY 1 (*)              | 1 | b | true",
                "any 2 (a, b,c)         | 2 | b | true",
                "ANY 2 (a, b, c)        | 2 | d | false",
                "FIRST 2 (s1, s2, s3)   | 2 | s3 | true",
                "2 (s1, s2)             | 2 | S2 | true",
                "s1, s2                 | 1 | s2 | true",
                "*                      | 1 | x | true",
                "ANY 1 (\"node-1\", \"b\") | 1 | node-1 | true",
            })
    void everyFormIsUnderstood(String setting, int replicas, String name, boolean included) {
        SynchronousNames names = SynchronousNames.parse(setting);
        assertThat(names.replicas()).isEqualTo(replicas);
        assertThat(names.includes(name)).isEqualTo(included);
    }
}
