package dev.tenfold.adoption.shop;

/** An order as its customer sees it, and as the confirmation is told of it. */
public record PurchaseView(long id, String customer, long product, int count, long cents) {}
