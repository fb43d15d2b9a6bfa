package dev.tenfold.adoption.shop;

/** Sends mail. */
public interface Mailer {

    /** Sends one; fails if the mail server does not take it. */
    void send(String to, String text);
}
