package dev.tenfold.journey.stage;

/** A live view has come to its end, where nothing is judged: it was the visitor who broke things. */
public final class VisitOver extends RuntimeException {

    private static final long serialVersionUID = 1;

    VisitOver() {
        super("the visit is over", null, false, false);
    }
}
