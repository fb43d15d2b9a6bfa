package dev.tenfold.architecture;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;

/** Small rooms: no cycles between packages, few public types in each, and nullness stated everywhere. */
@AnalyzeClasses(packages = Library.ROOT, importOptions = Library.MainClasses.class)
class PackagesTest {
    private static final int MAX_PUBLIC_TYPES = 12;

    /** A pattern such as {@code dev.tenfold.(**)} would leave out the root package, where the facade is. */
    @ArchTest
    static final ArchRule packages_are_free_of_cycles =
            slices().assignedFrom(new EachPackage()).should().beFreeOfCycles();

    @ArchTest
    static void every_package_is_null_marked(JavaClasses classes) {
        assertThat(classes)
                .filteredOn(type -> !type.getPackage().isAnnotatedWith(NullMarked.class))
                .extracting(JavaClass::getPackageName)
                .as("packages whose package-info.java lacks @NullMarked")
                .isEmpty();
    }

    @ArchTest
    static void at_most_a_dozen_public_types_in_a_package(JavaClasses classes) {
        var publicTypes = classes.stream()
                .filter(type -> type.isTopLevelClass() && Library.isVisible(type))
                .collect(Collectors.groupingBy(
                        JavaClass::getPackageName,
                        TreeMap::new,
                        Collectors.mapping(JavaClass::getSimpleName, Collectors.toList())));
        publicTypes.values().removeIf(names -> names.size() <= MAX_PUBLIC_TYPES);
        assertThat(publicTypes)
                .as("packages with more than %d public top-level types", MAX_PUBLIC_TYPES)
                .isEmpty();
    }

    private static final class EachPackage implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return SliceIdentifier.of(type.getPackageName());
        }

        @Override
        public String getDescription() {
            return "each package";
        }
    }
}
