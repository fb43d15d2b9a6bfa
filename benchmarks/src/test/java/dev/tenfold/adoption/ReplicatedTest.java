package dev.tenfold.adoption;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.adoption.shop.PurchaseView;
import dev.tenfold.replication.ReplicaSet;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;
import org.springframework.web.client.RestClient;

/** Step 3: and over a replica set. */
@Import({Balanced.class, Cached.class, Replicated.class})
@TestPropertySource(properties = {"spring.cache.type=jcache", "shop.secret=at least sixteen bytes"})
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReplicatedTest extends ShopTest {

    @Autowired
    ReplicaSet<DataSource> database;

    @Test
    @Order(Integer.MAX_VALUE)
    void goesOnWhenThePrimaryIsKilled() {
        RestClient browser = browser();
        String customer = "dora-" + UUID.randomUUID();
        PurchaseView before = order(browser, customer, 1);
        AROUND.cluster().node(database.topology().primary().orElseThrow().id()).kill9();
        PurchaseView after = order(browser, customer, 1);

        assertThat(orders(browser, customer)).containsExactly(before, after);
    }
}
