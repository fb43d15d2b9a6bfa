package dev.tenfold.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The order of the core's packages: which of them each one may use. */
@AnalyzeClasses(packages = Library.ROOT, importOptions = Library.MainClasses.class)
class CoreLayersTest {
    private static final String FACADE = Library.ROOT;
    private static final Set<String> BASE = Set.of("time", "error", "hash", "observe", "topology", "session", FACADE);
    private static final Set<String> MIDDLE = Set.of("time", "error", "observe", "topology", FACADE);

    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            entry("time", Set.of()),
            entry("error", Set.of()),
            entry("hash", Set.of("error")),
            entry("observe", Set.of("error")),
            entry("topology", Set.of("error")),
            entry("session", Set.of("error")),
            entry("retry", Set.of("time", "error")),
            entry(FACADE, Set.of("time", "error", "hash", "observe", "topology", "session", "retry")),
            entry("coordination", MIDDLE),
            entry("health", MIDDLE),
            entry("discovery", with(MIDDLE, "retry")),
            entry("balance", with(BASE, "coordination", "discovery", "health", "retry")),
            entry("locality", with(BASE, "coordination", "discovery", "health", "retry", "balance")));

    @ArchTest
    static void every_package_uses_only_the_layers_below_it(JavaClasses classes) {
        MAY_USE.forEach((layer, allowed) -> {
            String[] forbidden = MAY_USE.keySet().stream()
                    .filter(other -> !other.equals(layer) && !allowed.contains(other))
                    .map(CoreLayersTest::packages)
                    .toArray(String[]::new);
            noClasses()
                    .that(resideInAPackage(packages(layer)))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(forbidden))
                    .because(layer + " may use only " + new TreeSet<>(allowed))
                    .check(classes);
        });
    }

    @ArchTest
    static void every_package_of_the_core_has_a_layer(JavaClasses classes) {
        Set<String> unplaced = classes.stream()
                .map(type -> type.getPackageName())
                .filter(name -> !name.equals(FACADE))
                .map(name -> name.substring(FACADE.length() + 1).replaceFirst("\\..*", ""))
                .filter(name -> !MAY_USE.containsKey(name) && !Library.PARTS.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(unplaced).isEmpty();
    }

    private static String packages(String layer) {
        return layer.equals(FACADE) ? FACADE : Library.packageTree(layer);
    }

    private static Set<String> with(Set<String> base, String... more) {
        Set<String> all = new TreeSet<>(base);
        all.addAll(Set.of(more));
        return all;
    }
}
