package dev.tenfold.health;

/** Where an endpoint stands, as {@link Health} moves it. */
public enum HealthState {
    /** Not known to be up: takes no calls until enough checks in a row have passed. */
    PROBING(false, false),
    /** Takes its full share. */
    HEALTHY(true, true),
    /** Failed too often: takes no calls for a while. */
    EJECTED(false, false),
    /** Failed too often, but the cap on ejections is reached: goes on taking calls, and is not trusted. */
    SPARED(true, false),
    /** Its ejection is over: takes few calls, and one failure ejects it again. */
    PROBATION(true, true),
    /** New or just back: its share grows with time. */
    SLOW_START(true, true),
    /** Taken out by a person: takes no new calls until it is resumed. */
    DRAINING(false, false);

    private final boolean takesCalls;
    private final boolean trusted;

    HealthState(boolean takesCalls, boolean trusted) {
        this.takesCalls = takesCalls;
        this.trusted = trusted;
    }

    /**
     * Says whether calls may go to an endpoint in this state.
     *
     * @return true for HEALTHY, SPARED, PROBATION and SLOW_START
     */
    public boolean takesCalls() {
        return takesCalls;
    }

    /**
     * Says whether an endpoint in this state counts as healthy when the health of a whole pool is asked for.
     *
     * @return true for HEALTHY, PROBATION and SLOW_START
     */
    public boolean isTrusted() {
        return trusted;
    }
}
