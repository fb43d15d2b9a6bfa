package dev.tenfold.journey.load;

import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One user with a browser: an identity and two cookies. A person does one thing at a time, so what the fields hold is
 * handed from one request to the next by {@link Crowd}; only the versions are read by others meanwhile.
 */
public final class Person {

    private final long id;
    private final AtomicLong attempted = new AtomicLong();
    /** When each version of the profile was acknowledged; both rise together. Its size is bounded by the stage's writes. */
    private final NavigableMap<Long, Long> acknowledgedAt = new ConcurrentSkipListMap<>();

    private String loginCookie = "";
    private String seenCookie = "";
    private long posts;

    Person(long id) {
        this.id = id;
    }

    /**
     * Returns who it is.
     *
     * @return the user's number, from 1
     */
    public long id() {
        return id;
    }

    /**
     * Returns the cookie header of the next request.
     *
     * @return the login and what the session has seen
     */
    public String cookies() {
        return "login=" + loginCookie + "; seen=" + seenCookie;
    }

    /**
     * Takes a cookie from an answer.
     *
     * @param setCookie the value of a {@code Set-Cookie} header
     */
    public void accept(String setCookie) {
        int equals = setCookie.indexOf('=');
        int end = setCookie.indexOf(';');
        String value = setCookie.substring(equals + 1, end < 0 ? setCookie.length() : end);
        switch (setCookie.substring(0, equals)) {
            case "login" -> loginCookie = value;
            case "seen" -> seenCookie = value;
            default -> {}
        }
    }

    /** Begins a change of the profile; returns its version. */
    long nextVersion() {
        return attempted.incrementAndGet();
    }

    /** The change to this version was acknowledged at this time. */
    void acknowledged(long version, long nanos) {
        acknowledgedAt.put(version, nanos);
    }

    /** The newest profile version that was acknowledged; the application must never show this person an older one. */
    long acknowledgedVersion() {
        Map.Entry<Long, Long> newest = acknowledgedAt.lastEntry();
        return newest == null ? 0 : newest.getKey();
    }

    /** How long before a time the oldest change missing from a version had been acknowledged; 0 if none was. */
    long staleness(long shownVersion, long nanos) {
        Map.Entry<Long, Long> missing = acknowledgedAt.higherEntry(shownVersion);
        return missing == null ? 0 : Math.max(0, nanos - missing.getValue());
    }

    /** The newest profile version that was ever sent. */
    long attemptedVersion() {
        return attempted.get();
    }

    /** A number no other post has. */
    long nextPost() {
        return id << 24 | posts++;
    }
}
