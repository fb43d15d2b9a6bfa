package dev.tenfold.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenfold.Tenfold;
import dev.tenfold.cache.Cache;
import dev.tenfold.queue.Broker;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.sharding.Sharder;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

/** The other tests run on the class path; this one puts the libraries on the module path, as a modular user does. */
class ModulePathTest {

    private static final Map<String, Class<?>> MODULES = Map.of(
            "dev.tenfold.core", Tenfold.class,
            "dev.tenfold.cache", Cache.class,
            "dev.tenfold.replication", ReplicaSet.class,
            "dev.tenfold.sharding", Sharder.class,
            "dev.tenfold.queue", Broker.class);

    @Test
    void everyLibraryResolvesAndLoadsAsAModule() throws ClassNotFoundException {
        Path[] path = Stream.concat(
                        MODULES.values().stream(), Stream.of(Logger.class, NullMarked.class, Caffeine.class))
                .map(ModulePathTest::home)
                .toArray(Path[]::new);
        Configuration resolved = ModuleLayer.boot()
                .configuration()
                .resolve(ModuleFinder.of(path), ModuleFinder.of(), Set.copyOf(MODULES.keySet()));
        ModuleLayer layer = ModuleLayer.defineModulesWithOneLoader(
                        resolved, List.of(ModuleLayer.boot()), ClassLoader.getPlatformClassLoader())
                .layer();
        for (Map.Entry<String, Class<?>> entry : MODULES.entrySet()) {
            Class<?> loaded =
                    layer.findLoader(entry.getKey()).loadClass(entry.getValue().getName());
            assertThat(loaded.getModule().getName()).isEqualTo(entry.getKey());
            assertThat(loaded).isNotSameAs(entry.getValue());
            assertThat(loaded.getModule().isExported(loaded.getPackageName())).isTrue();
        }
    }

    private static Path home(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
