package dev.tenfold.cache.jcache;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.concurrent.locks.ReentrantLock;
import javax.cache.CacheException;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.management.CacheMXBean;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** The two management beans of a cache, under the names that the specification gives them. */
final class Beans {

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    private final ReentrantLock lock = new ReentrantLock();
    private final Bean statistics;
    private final Bean configuration;

    Beans(URI manager, String cache, Statistics statistics, CompleteConfiguration<?, ?> configuration) {
        this.statistics = new Bean(name("CacheStatistics", manager, cache), statistics);
        this.configuration = new Bean(name("CacheConfiguration", manager, cache), new Shown(configuration));
    }

    private static ObjectName name(String type, URI manager, String cache) {
        try {
            return new ObjectName(
                    "javax.cache:type=" + type + ",CacheManager=" + safe(manager.toString()) + ",Cache=" + safe(cache));
        } catch (JMException e) {
            throw new CacheException("cache '" + cache + "' has a name that no management bean can have", e);
        }
    }

    private static String safe(String part) {
        return part.replaceAll("[,:=\n]", ".");
    }

    /** Shows or hides the statistics. */
    void showStatistics(boolean on) {
        show(statistics, on);
    }

    /** Shows or hides the configuration. */
    void showConfiguration(boolean on) {
        show(configuration, on);
    }

    private void show(Bean bean, boolean on) {
        lock.lock();
        try {
            if (on && !bean.shown) {
                server.registerMBean(bean.object, bean.name);
            } else if (!on && bean.shown) {
                server.unregisterMBean(bean.name);
            }
            bean.shown = on;
        } catch (InstanceNotFoundException goneAlready) {
            bean.shown = false;
        } catch (JMException e) {
            throw new CacheException(
                    bean.name + " could not be registered (expected: managers with URIs of their own, where two class"
                            + " loaders have caches of one name)",
                    e);
        } finally {
            lock.unlock();
        }
    }

    private static final class Bean {
        final ObjectName name;
        final Object object;
        boolean shown;

        Bean(ObjectName name, Object object) {
            this.name = name;
            this.object = object;
        }
    }

    private record Shown(CompleteConfiguration<?, ?> configuration) implements CacheMXBean {
        @Override
        public String getKeyType() {
            return configuration.getKeyType().getName();
        }

        @Override
        public String getValueType() {
            return configuration.getValueType().getName();
        }

        @Override
        public boolean isReadThrough() {
            return configuration.isReadThrough();
        }

        @Override
        public boolean isWriteThrough() {
            return configuration.isWriteThrough();
        }

        @Override
        public boolean isStoreByValue() {
            return configuration.isStoreByValue();
        }

        @Override
        public boolean isStatisticsEnabled() {
            return configuration.isStatisticsEnabled();
        }

        @Override
        public boolean isManagementEnabled() {
            return configuration.isManagementEnabled();
        }
    }
}
