package dev.tenfold.journey.app;

/**
 * What everybody may know of a user.
 *
 * @param id the user's number
 * @param name a short name
 * @param version rises with each change; the user's browser numbers its own changes, so that repeating one is harmless
 * @param about what the user says
 */
record Profile(long id, String name, long version, String about) {

    /** The HTTP form: a line each. */
    String toText() {
        return id + "\n" + name + "\n" + version + "\n" + about + "\n";
    }
}
