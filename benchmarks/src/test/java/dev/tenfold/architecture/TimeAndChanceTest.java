package dev.tenfold.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;

/**
 * Time and chance are parameters: that is what makes the deterministic simulation possible. Only {@code dev.tenfold.time}
 * may touch the real clock, threads and randomness, because it is where their defaults are made; everything else
 * uses what its builder was given.
 */
@AnalyzeClasses(packages = Library.ROOT, importOptions = Library.MainClasses.class)
class TimeAndChanceTest {
    private static final String WHERE_DEFAULTS_ARE_MADE = "dev.tenfold.time..";

    /** By class: the names of the methods that read the clock, wait, start a thread, or draw. */
    private static final Map<String, Set<String>> HIDDEN_INPUTS = Map.of(
            "java.lang.System", Set.of("currentTimeMillis", "nanoTime"),
            "java.lang.Thread", Set.of("<init>", "sleep", "start", "startVirtualThread", "ofVirtual", "ofPlatform"),
            "java.lang.Math", Set.of("random"),
            "java.util.Timer", Set.of("<init>"),
            "java.util.UUID", Set.of("randomUUID"),
            "java.util.concurrent.ThreadLocalRandom", Set.of("current"),
            "java.util.concurrent.TimeUnit", Set.of("sleep"),
            "java.util.concurrent.ForkJoinPool", Set.of("<init>"),
            "java.util.concurrent.CompletableFuture", Set.of("orTimeout", "completeOnTimeout", "delayedExecutor"),
            "java.util.random.RandomGenerator", Set.of("getDefault"));

    @ArchTest
    static final ArchRule time_and_chance_are_parameters = noClasses()
            .that(resideOutsideOfPackage(WHERE_DEFAULTS_ARE_MADE))
            .should()
            .accessTargetWhere(new HiddenInput())
            .because("the system clock, threads and randomness come from what the builder was given");

    /** A virtual thread that blocks in a synchronized method pins its carrier. Blocks are not visible to this rule. */
    @ArchTest
    static final ArchRule methods_are_not_synchronized = noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED);

    @ArchTest
    static final ArchRule nothing_is_printed = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

    @ArchTest
    static final ArchRule logging_goes_through_slf4j = NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

    private static final class HiddenInput extends DescribedPredicate<JavaAccess<?>> {
        HiddenInput() {
            super("reads the clock, waits, starts a thread or draws a random number");
        }

        @Override
        public boolean test(JavaAccess<?> access) {
            String owner = access.getTargetOwner().getName();
            String name = access.getTarget().getName();
            return HIDDEN_INPUTS.getOrDefault(owner, Set.of()).contains(name)
                    || owner.equals("java.util.concurrent.ForkJoinPool")
                            && name.equals("commonPool")
                            && !isDefault(access)
                    || owner.startsWith("java.time.") && name.equals("now")
                    || owner.equals("java.time.Clock") && (name.startsWith("system") || name.startsWith("tick"))
                    || owner.equals("java.util.concurrent.Executors") && name.startsWith("new")
                    || isUnseeded(access, owner, name);
        }

        /** A builder may offer the pool that every JVM has as the documented default of a parameter. */
        private static boolean isDefault(JavaAccess<?> access) {
            return access.getOriginOwner().getSimpleName().endsWith("Builder");
        }

        private static boolean isUnseeded(JavaAccess<?> access, String owner, String name) {
            return Set.of("java.util.Random", "java.util.SplittableRandom", "java.security.SecureRandom")
                            .contains(owner)
                    && name.equals("<init>")
                    && access.getTarget().getFullName().endsWith("<init>()");
        }
    }
}
