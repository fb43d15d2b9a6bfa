package dev.tenfold.cache;

import com.google.common.collect.testing.ConcurrentMapTestSuiteBuilder;
import com.google.common.collect.testing.TestStringMapGenerator;
import com.google.common.collect.testing.features.CollectionFeature;
import com.google.common.collect.testing.features.CollectionSize;
import com.google.common.collect.testing.features.Feature;
import com.google.common.collect.testing.features.MapFeature;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import junit.framework.TestCase;
import junit.framework.TestFailure;
import junit.framework.TestResult;
import junit.framework.TestSuite;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Guava's tests of what a {@code ConcurrentMap} must do, on the view of several kinds of cache. */
class MapViewTest {

    @TestFactory
    Stream<DynamicNode> isAConcurrentMap() {
        SimulatedTime time = new SimulatedTime();
        Map<String, Function<CacheBuilder<String, String>, CacheBuilder<String, String>>> kinds = Map.of(
                "plain", builder -> builder,
                "first in, first out", builder -> builder.eviction(Eviction.FIFO),
                "ageing and tagged",
                        builder -> builder.expireAfterWrite(Duration.ofMinutes(1))
                                .expireAfterAccess(Duration.ofMinutes(1))
                                .tags(List::of)
                                .onRemoval(removal -> {})
                                .time(time));
        return kinds.entrySet().stream().map(kind -> suite(kind.getKey(), kind.getValue()));
    }

    private static DynamicNode suite(
            String name, Function<CacheBuilder<String, String>, CacheBuilder<String, String>> kind) {
        Feature<?>[] features = {
            CollectionSize.ANY, MapFeature.GENERAL_PURPOSE, CollectionFeature.SUPPORTS_ITERATOR_REMOVE,
        };
        TestSuite suite = ConcurrentMapTestSuiteBuilder.using(new TestStringMapGenerator() {
                    @Override
                    protected Map<String, String> create(Map.Entry<String, String>[] entries) {
                        Map<String, String> map = kind.apply(
                                        Cache.<String, String>builder(name).executor(Runnable::run))
                                .build()
                                .asMap();
                        for (Map.Entry<String, String> entry : entries) {
                            map.put(entry.getKey(), entry.getValue());
                        }
                        return map;
                    }
                })
                .named(name)
                .withFeatures(features)
                .createTestSuite();
        return node(suite);
    }

    private static DynamicNode node(junit.framework.Test test) {
        if (test instanceof TestSuite suite) {
            return DynamicContainer.dynamicContainer(
                    String.valueOf(suite.getName()),
                    Collections.list(suite.tests()).stream().map(MapViewTest::node));
        }
        TestCase single = (TestCase) test;
        return DynamicTest.dynamicTest(single.getName(), () -> {
            TestResult result = new TestResult();
            single.run(result);
            for (TestFailure failure : Stream.of(result.failures(), result.errors())
                    .flatMap(each -> Collections.list(each).stream())
                    .toList()) {
                throw failure.thrownException();
            }
        });
    }
}
