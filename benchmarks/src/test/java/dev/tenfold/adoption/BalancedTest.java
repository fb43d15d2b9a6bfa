package dev.tenfold.adoption;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.context.annotation.Import;

/** Step 1: the shop with a balancer in front of its forwarder. */
@Import(Balanced.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BalancedTest extends ShopTest {

    @Test
    @Order(Integer.MAX_VALUE)
    void takesOrdersWhileAServerOfTheForwarderIsGone() {
        AROUND.forwarder(0).close();
        for (int i = 0; i < 10; i++) {
            assertThat(order(browser(), "cleo-" + UUID.randomUUID(), 1).cents()).isEqualTo(450 + Forwarder.CENTS);
        }
    }
}
