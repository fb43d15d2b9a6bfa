package dev.tenfold.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Each part is useful alone, with the core and its one library behind it. The facade's contracts join them. */
@AnalyzeClasses(packages = Library.ROOT, importOptions = Library.MainClasses.class)
class ModuleGraphTest {
    private static final String[] PARTS =
            Library.PARTS.stream().map(Library::packageTree).toArray(String[]::new);

    @ArchTest
    static final ArchRule the_core_sees_no_part =
            noClasses().that(resideOutsideOfPackages(PARTS)).should().dependOnClassesThat(resideInAnyPackage(PARTS));

    @ArchTest
    static final ArchRule micrometer_stays_in_its_package = noClasses()
            .that(resideOutsideOfPackages("dev.tenfold.observe.micrometer.."))
            .should()
            .dependOnClassesThat(resideInAPackage("io.micrometer.."));

    @ArchTest
    static void parts_never_see_each_other(JavaClasses classes) {
        for (String part : Library.PARTS) {
            String[] others = Library.PARTS.stream()
                    .filter(other -> !other.equals(part))
                    .map(Library::packageTree)
                    .toArray(String[]::new);
            noClasses()
                    .that(resideInAPackage(Library.packageTree(part)))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(others))
                    .check(classes);
        }
    }
}
