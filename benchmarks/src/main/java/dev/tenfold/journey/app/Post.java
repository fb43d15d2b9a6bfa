package dev.tenfold.journey.app;

/**
 * One post.
 *
 * @param id chosen by the author's browser, so that sending a post twice makes one
 * @param author who wrote it
 * @param text what it says
 */
record Post(long id, long author, String text) {

    /** The HTTP form: a line. */
    String toText() {
        return id + " " + author + " " + text + "\n";
    }
}
