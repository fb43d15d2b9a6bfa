package dev.tenfold.adoption.shop;

import java.io.Serializable;

/** A product as it is shown and cached. */
public record ProductView(long id, String name, long cents, int stock) implements Serializable {}
