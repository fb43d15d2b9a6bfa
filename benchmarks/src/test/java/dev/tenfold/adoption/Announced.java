package dev.tenfold.adoption;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tenfold.Codec;
import dev.tenfold.adoption.shop.Confirmations;
import dev.tenfold.adoption.shop.Mailer;
import dev.tenfold.adoption.shop.PurchaseView;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.outbox.Outbox;
import dev.tenfold.queue.outbox.OutboxRelay;
import dev.tenfold.retry.Backoff;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.datasource.DataSourceUtils;

/** Step 4: a confirmation is recorded in the order's own transaction, and sent when the mail server takes it. */
@Configuration(proxyBeanMethods = false)
class Announced {

    // example: adoptBroker
    @Bean
    Broker broker(@Value("${shop.journal}") Path folder, Codec<PurchaseView> codec) {
        return Broker.builder().codec(PurchaseView.class, codec).durable(folder);
    }

    @Bean
    Outbox<PurchaseView> outbox(Codec<PurchaseView> codec, DataSource dataSource) {
        Outbox<PurchaseView> outbox = Outbox.of("outbox", codec);
        outbox.createTable(dataSource);
        return outbox;
    }

    @Bean
    OutboxRelay relay(Outbox<PurchaseView> outbox, DataSource dataSource, Broker broker, Mailer mailer) {
        Exchange<PurchaseView> orders = broker.topicExchange("orders", PurchaseView.class);
        Queue<PurchaseView> mail = broker.queue(
                "mail",
                PurchaseView.class,
                q -> q.retry(Backoff.exponential(ofMillis(100), ofSeconds(30)).attempts(20))
                        .deadLetterTo("mail.dead"));
        orders.bind(mail, "order.placed");
        mail.consume(
                1,
                delivery -> mailer.send(
                        delivery.body().customer(),
                        "Thank you for order " + delivery.body().id()));
        return OutboxRelay.of(outbox, dataSource, orders).poll(ofMillis(100)).start();
    }

    @Bean
    @Primary
    Confirmations recorded(Outbox<PurchaseView> outbox, DataSource dataSource) {
        return order -> {
            try { // the connection of the order's transaction
                outbox.record(DataSourceUtils.getConnection(dataSource), order.customer(), "order.placed", order);
            } catch (SQLException failure) {
                throw new IllegalStateException("order " + order.id() + " could not be announced", failure);
            }
        };
    }
    // end

    @Bean
    Codec<PurchaseView> purchaseCodec(ObjectMapper json) {
        return Codec.of(
                order -> {
                    try {
                        return json.writeValueAsBytes(order);
                    } catch (IOException failure) {
                        throw new UncheckedIOException(failure);
                    }
                },
                bytes -> {
                    try {
                        return json.readValue(bytes, PurchaseView.class);
                    } catch (IOException failure) {
                        throw new UncheckedIOException(failure);
                    }
                });
    }
}
