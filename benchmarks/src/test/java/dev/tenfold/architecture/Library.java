package dev.tenfold.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import java.util.List;

/** What the rules are about: the main classes of the five published modules. */
final class Library {
    static final String ROOT = "dev.tenfold";

    /** The modules that never see each other. */
    static final List<String> PARTS = List.of("cache", "replication", "sharding", "queue");

    private Library() {}

    static String packageTree(String name) {
        return ROOT + "." + name + "..";
    }

    /** Whether users can name this type: public, and so is every type around it. */
    static boolean isVisible(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass().map(Library::isVisible).orElse(true);
    }

    /** Leaves out tests, published test jars, and this module, which measures and therefore reads clocks. */
    static final class MainClasses implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/test-classes/")
                    && !location.contains("-tests.jar")
                    && !location.contains("/dev/tenfold/benchmarks/")
                    && !location.contains("/dev/tenfold/journey/");
        }
    }
}
