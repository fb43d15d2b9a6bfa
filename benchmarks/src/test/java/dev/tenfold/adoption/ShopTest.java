package dev.tenfold.adoption;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.adoption.shop.Catalogue;
import dev.tenfold.adoption.shop.ProductView;
import dev.tenfold.adoption.shop.PurchaseView;
import dev.tenfold.adoption.shop.Shop;
import java.net.CookieManager;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestClient;

/** The shop's own tests. They know nothing of Tenfold, and stay as they are whatever it is given. */
@ExtendWith(ShopTest.Leaving.class) // first, so that it is left last
@SpringBootTest(
        classes = {Shop.class, Postbox.class},
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.jpa.hibernate.ddl-auto=update",
            "spring.jpa.open-in-view=false",
            "spring.main.banner-mode=off",
            "spring.cache.type=simple",
            "logging.level.root=warn"
        })
@DirtiesContext
abstract class ShopTest {

    /** What stands outside the shop: a database and the forwarder. Each class of tests has its own. */
    static final Surroundings AROUND = new Surroundings();

    static final long TEA = 1;

    @LocalServerPort
    int port;

    @Autowired
    Catalogue catalogue;

    @Autowired
    Postbox postbox;

    @DynamicPropertySource
    static void surroundings(DynamicPropertyRegistry properties) {
        AROUND.start();
        properties.add("spring.datasource.url", () -> AROUND.databases().get(0));
        properties.add("shop.databases", AROUND::databases);
        properties.add("shop.nodes", AROUND::nodes);
        properties.add("shop.forwarder", () -> AROUND.forwarders().get(0));
        properties.add("shop.forwarders", AROUND::forwarders);
        properties.add("shop.journal", AROUND::journal);
    }

    @BeforeEach
    void aFullShelf() {
        catalogue.stock(new ProductView(TEA, "tea", 450, 10));
    }

    @Test
    void showsWhatThereIs() {
        assertThat(product()).isEqualTo(new ProductView(TEA, "tea", 450, 10));
    }

    @Test
    void showsANewPriceAtOnce() {
        assertThat(product().cents()).isEqualTo(450);
        browser()
                .put()
                .uri("/products/1/cents")
                .header("Content-Type", "application/json")
                .body("500")
                .retrieve()
                .toBodilessEntity();

        assertThat(product().cents()).isEqualTo(500);
    }

    @Test
    void anOrderTakesFromTheStockAndIsListed() {
        RestClient browser = browser();
        String customer = "ada-" + UUID.randomUUID();
        PurchaseView order = order(browser, customer, 3);

        assertThat(order.cents()).isEqualTo(3 * 450 + Forwarder.CENTS);
        assertThat(orders(browser, customer)).containsExactly(order);
        assertThat(product().stock()).isEqualTo(7);
    }

    @Test
    void doesNotSellWhatThereIsNot() {
        String customer = "eve-" + UUID.randomUUID();
        RestClient browser = browser();

        assertThatThrownBy(() -> order(browser, customer, 11)).isInstanceOf(HttpClientErrorException.Conflict.class);
        assertThat(orders(browser, customer)).isEmpty();
        assertThat(product().stock()).isEqualTo(10);
    }

    @Test
    void confirmsAnOrderByMail() throws InterruptedException {
        String customer = "bob-" + UUID.randomUUID();
        PurchaseView order = order(browser(), customer, 1);

        assertThat(postbox.next(customer, Duration.ofSeconds(20))).isEqualTo("Thank you for order " + order.id());
    }

    ProductView product() {
        return requireNonNull(browser().get().uri("/products/1").retrieve().body(ProductView.class));
    }

    static PurchaseView order(RestClient browser, String customer, int count) {
        return requireNonNull(browser.post()
                .uri("/orders?customer={customer}&product={product}&count={count}", customer, TEA, count)
                .retrieve()
                .body(PurchaseView.class));
    }

    static List<PurchaseView> orders(RestClient browser, String customer) {
        return requireNonNull(browser.get()
                .uri("/orders?customer={customer}", customer)
                .retrieve()
                .body(new ParameterizedTypeReference<List<PurchaseView>>() {}));
    }

    /** Ends what stands outside, after the shop has been closed. */
    static final class Leaving implements AfterAllCallback {

        @Override
        public void afterAll(ExtensionContext context) {
            AROUND.stop();
        }
    }

    /** One that keeps its cookies, as browsers do. */
    RestClient browser() {
        HttpClient http =
                HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
        return RestClient.builder()
                .requestFactory(new JdkClientHttpRequestFactory(http))
                .baseUrl("http://localhost:" + port)
                .build();
    }
}
