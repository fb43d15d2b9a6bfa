package dev.tenfold.adoption;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.adoption.shop.PurchaseView;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;

/** Step 4: and with its mail announced through an outbox and a broker. */
@Import({Balanced.class, Cached.class, Replicated.class, Announced.class})
@TestPropertySource(properties = {"spring.cache.type=jcache", "shop.secret=at least sixteen bytes"})
class AnnouncedTest extends ShopTest {

    @Test
    void anOrderIsTakenWhileTheMailServerIsDownAndConfirmedLater() throws InterruptedException {
        String customer = "fay-" + UUID.randomUUID();
        postbox.down(true);
        PurchaseView order = order(browser(), customer, 1);
        postbox.down(false);

        assertThat(postbox.next(customer, Duration.ofSeconds(20))).isEqualTo("Thank you for order " + order.id());
    }
}
