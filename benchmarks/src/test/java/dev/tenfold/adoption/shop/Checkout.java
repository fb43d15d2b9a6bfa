package dev.tenfold.adoption.shop;

import java.util.List;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Takes orders. */
@Service
public class Checkout {

    private final Products products;
    private final Purchases purchases;
    private final Shipping shipping;
    private final Confirmations confirmations;

    Checkout(Products products, Purchases purchases, Shipping shipping, Confirmations confirmations) {
        this.products = products;
        this.purchases = purchases;
        this.shipping = shipping;
        this.confirmations = confirmations;
    }

    /** Takes what is ordered from the stock; the customer is told by mail. */
    @CacheEvict(cacheNames = "products", key = "#p1")
    @Transactional
    public PurchaseView order(String customer, long product, int count) {
        Product bought = products.findById(product).orElseThrow();
        bought.take(count);
        long cents = count * bought.cents() + shipping.cents(customer);
        PurchaseView order =
                purchases.save(new Purchase(customer, product, count, cents)).view();
        confirmations.confirm(order);
        return order;
    }

    /** Returns what a customer has ordered. */
    @Transactional(readOnly = true)
    public List<PurchaseView> ordersOf(String customer) {
        return purchases.findByCustomerOrderById(customer).stream()
                .map(Purchase::view)
                .toList();
    }
}
