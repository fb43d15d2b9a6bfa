package dev.tenfold.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;

/** The other rules would hold for an empty import, too. */
@AnalyzeClasses(packages = Library.ROOT, importOptions = Library.MainClasses.class)
class LibraryClassesTest {
    @ArchTest
    static void the_import_finds_the_core_and_nothing_but_the_library(JavaClasses classes) {
        assertThat(classes)
                .extracting(type -> type.getPackageName())
                .contains("dev.tenfold", "dev.tenfold.error", "dev.tenfold.time")
                .doesNotContain("dev.tenfold.architecture", "dev.tenfold.testing")
                .noneMatch(name -> name.startsWith("dev.tenfold.benchmarks") || name.startsWith("dev.tenfold.journey"));
    }
}
