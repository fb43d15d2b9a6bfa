package dev.tenfold.adoption;

import dev.tenfold.cache.jcache.TenfoldConfiguration;
import java.util.concurrent.TimeUnit;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.springframework.boot.autoconfigure.cache.JCacheManagerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Step 2: products are cached within bounds, and for ten minutes; the properties say {@code spring.cache.type=jcache}. */
@Configuration(proxyBeanMethods = false)
class Cached {

    // example: adoptCache
    @Bean
    JCacheManagerCustomizer caches() {
        return caches -> caches.createCache(
                "products",
                new TenfoldConfiguration<>()
                        .maximumSize(10_000)
                        .jitter(0.1)
                        .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.MINUTES, 10))));
    }
    // end
}
