package dev.tenfold.adoption.shop;

import java.net.http.HttpClient;
import java.time.Duration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Bean;

/**
 * A small shop as there are many: Spring Boot, JPA over HikariCP and PostgreSQL, Spring's cache, a remote service, mail. Nothing in
 * this package knows of Tenfold; the tests beside it take it there.
 */
@SpringBootApplication
@EnableCaching
public class Shop {

    /** Starts the shop. */
    public static void main(String[] arguments) {
        SpringApplication.run(Shop.class, arguments);
    }

    @Bean
    HttpClient http() {
        return HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    }
}
