package dev.tenfold.journey.stage;

import dev.tenfold.journey.load.Ledger.Audit;
import dev.tenfold.journey.load.Tally;

/** What a stage may promise its users, whatever is broken while they are there. */
public enum Promise {
    /** Every request is served. */
    NO_FAILED_REQUEST("0 failed requests") {
        @Override
        Claim check(Tally tally, Audit audit) {
            return new Claim(text(), tally.failed() == 0, tally.failed() + " of " + tally.requests() + " failed");
        }
    },
    /** What was acknowledged is there in the end, once, and nothing is there that nobody wrote. */
    NO_LOST_WRITE("0 lost acknowledged writes") {
        @Override
        Claim check(Tally tally, Audit audit) {
            boolean kept = audit.lost().isEmpty()
                    && audit.duplicated().isEmpty()
                    && audit.invented().isEmpty();
            String measured = audit.lost().size() + " of " + audit.acknowledged() + " lost, "
                    + audit.duplicated().size() + " stored twice, "
                    + audit.invented().size() + " out of nowhere";
            return new Claim(
                    text(),
                    kept,
                    kept ? measured : measured + ": " + audit.lost() + audit.duplicated() + audit.invented());
        }
    },
    /** Nobody sees the own profile older than it was written. */
    READ_YOUR_WRITES("everybody reads their own writes") {
        @Override
        Claim check(Tally tally, Audit audit) {
            return new Claim(text(), tally.wentBack() == 0, tally.wentBack() + " sessions went back in time");
        }
    },
    /** No server's death logs anybody out. */
    NOBODY_LOGGED_OUT("nobody is logged out") {
        @Override
        Claim check(Tally tally, Audit audit) {
            return new Claim(text(), tally.loggedOut() == 0, tally.loggedOut() + " requests met an unknown login");
        }
    };

    private final String text;

    Promise(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    abstract Claim check(Tally tally, Audit audit);
}
