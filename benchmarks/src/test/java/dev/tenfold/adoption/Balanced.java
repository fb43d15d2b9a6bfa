package dev.tenfold.adoption;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.http.BalancedHttpClient;
import java.net.URI;
import java.net.http.HttpClient;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/** Step 1: the forwarder has two servers. */
@Configuration(proxyBeanMethods = false)
class Balanced {

    // example: adoptBalancer
    @Bean
    LoadBalancer<URI> forwarder(@Value("${shop.forwarders}") URI[] servers) {
        return LoadBalancer.<URI>builder("forwarder").endpoints(servers).build();
    }

    @Bean
    @Primary
    HttpClient balanced(LoadBalancer<URI> forwarder, @Qualifier("http") HttpClient http) {
        return BalancedHttpClient.over(forwarder, http);
    }
    // end
}
