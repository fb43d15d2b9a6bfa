package dev.tenfold.adoption.shop;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

/** Something to buy. */
@Entity
class Product {

    @Id
    private long id;

    private String name;
    private long cents;
    private int stock;

    /** For JPA. */
    protected Product() {
        this(0, "", 0, 0);
    }

    Product(long id, String name, long cents, int stock) {
        this.id = id;
        this.name = name;
        this.cents = cents;
        this.stock = stock;
    }

    long id() {
        return id;
    }

    long cents() {
        return cents;
    }

    void reprice(long now) {
        cents = now;
    }

    void take(int count) {
        if (count < 1 || count > stock) {
            throw new SoldOutException(name + ": " + count + " wanted, " + stock + " left");
        }
        stock -= count;
    }

    ProductView view() {
        return new ProductView(id, name, cents, stock);
    }
}
