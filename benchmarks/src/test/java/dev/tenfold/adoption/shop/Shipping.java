package dev.tenfold.adoption.shop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** Asks the forwarder what sending something costs. */
@Component
class Shipping {

    private final HttpClient http;
    private final URI forwarder;

    Shipping(HttpClient http, @Value("${shop.forwarder}") URI forwarder) {
        this.http = http;
        this.forwarder = forwarder;
    }

    long cents(String customer) {
        HttpRequest request = HttpRequest.newBuilder(
                        forwarder.resolve("/quote?to=" + URLEncoder.encode(customer, StandardCharsets.UTF_8)))
                .timeout(Duration.ofSeconds(2))
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IOException("the forwarder answered " + response.statusCode());
            }
            return Long.parseLong(response.body());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", interrupted);
        }
    }
}
