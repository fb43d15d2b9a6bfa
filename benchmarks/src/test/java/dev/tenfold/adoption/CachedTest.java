package dev.tenfold.adoption;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.cache.jcache.TenfoldCachingProvider;
import dev.tenfold.replication.testing.PostgresNode;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.cache.CacheManager;
import org.springframework.cache.jcache.JCacheCacheManager;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;

/** Step 2: and with its products cached by Tenfold. */
@Import({Balanced.class, Cached.class})
@TestPropertySource(properties = "spring.cache.type=jcache")
class CachedTest extends ShopTest {

    @Autowired
    CacheManager caches;

    @Test
    void asksTheDatabaseOnceForWhatIsCached() throws SQLException {
        PostgresNode primary = AROUND.cluster().nodes().get(0);
        assertThat(product().cents()).isEqualTo(450);
        primary.execute("update product set cents = 1 where id = " + TEA); // behind the shop's back

        assertThat(product().cents()).isEqualTo(450);
        assertThat(((JCacheCacheManager) caches).getCacheManager())
                .satisfies(
                        manager -> assertThat(manager.getCachingProvider()).isInstanceOf(TenfoldCachingProvider.class));
    }
}
