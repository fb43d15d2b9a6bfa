package dev.tenfold.adoption.shop;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;

/** An order. */
@Entity
class Purchase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String customer;
    private long product;
    private int count;
    private long cents;

    /** For JPA. */
    protected Purchase() {
        this("", 0, 0, 0);
    }

    Purchase(String customer, long product, int count, long cents) {
        this.customer = customer;
        this.product = product;
        this.count = count;
        this.cents = cents;
    }

    PurchaseView view() {
        return new PurchaseView(id, customer, product, count, cents);
    }
}
