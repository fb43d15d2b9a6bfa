package dev.tenfold.adoption;

/** The shop as it is. */
class BeforeTest extends ShopTest {}
