package dev.tenfold.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A user who does not know our libraries never meets their types, except in a package that is named for one. */
@AnalyzeClasses(packages = Library.ROOT, importOptions = Library.MainClasses.class)
class SignaturesTest {
    /** Where each library's types may show: a part of the package name. */
    private static final Map<String, Set<String>> HOMES = Map.ofEntries(
            Map.entry("com.github.benmanes.caffeine.", Set.of("caffeine")),
            Map.entry("com.google.", Set.of("guava")),
            Map.entry("com.rabbitmq.", Set.of("amqp")),
            Map.entry("com.zaxxer.hikari.", Set.of("hikari")),
            Map.entry("io.lettuce.", Set.of("lettuce", "redis")),
            Map.entry("io.micrometer.", Set.of("micrometer")),
            Map.entry("io.netty.", Set.of()),
            Map.entry("javax.cache.", Set.of("jcache")),
            Map.entry("org.jctools.", Set.of()),
            Map.entry("org.postgresql.", Set.of("postgres")),
            Map.entry("reactor.", Set.of()));

    @ArchTest
    static final ArchRule public_signatures_name_no_library = classes().should(new NameNoLibrary());

    private static final class NameNoLibrary extends ArchCondition<JavaClass> {
        NameNoLibrary() {
            super("name no third-party type in a public signature");
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            if (!Library.isVisible(type)) {
                return;
            }
            Consumer<JavaType> report = named -> named.getAllInvolvedRawTypes().stream()
                    .filter(raw -> isAStranger(raw.getBaseComponentType().getName(), type.getPackageName()))
                    .forEach(raw -> events.add(SimpleConditionEvent.violated(
                            type, type.getName() + " shows " + raw.getName() + " to its users")));
            type.getSuperclass().ifPresent(report);
            type.getInterfaces().forEach(report);
            type.getTypeParameters().forEach(report);
            type.getMembers().stream()
                    .filter(NameNoLibrary::isVisible)
                    .flatMap(NameNoLibrary::signature)
                    .forEach(report);
        }

        private static boolean isVisible(JavaMember member) {
            return member.getModifiers().contains(JavaModifier.PUBLIC)
                    || member.getModifiers().contains(JavaModifier.PROTECTED);
        }

        private static Stream<JavaType> signature(JavaMember member) {
            if (member instanceof JavaField field) {
                return Stream.of(field.getType());
            }
            JavaCodeUnit unit = (JavaCodeUnit) member;
            return Stream.of(
                            Stream.of(unit.getReturnType()),
                            unit.getParameterTypes().stream(),
                            unit.getExceptionTypes().stream(),
                            unit.getTypeParameters().stream())
                    .flatMap(types -> types);
        }

        private static boolean isAStranger(String name, String place) {
            return HOMES.entrySet().stream()
                    .filter(library -> name.startsWith(library.getKey()))
                    .anyMatch(library -> Stream.of(place.split("\\.")).noneMatch(library.getValue()::contains));
        }
    }
}
