package dev.tenfold.adoption.shop;

/** Confirms orders to customers, once they are committed. */
public interface Confirmations {

    /** Confirms an order; called in its transaction. */
    void confirm(PurchaseView order);
}
