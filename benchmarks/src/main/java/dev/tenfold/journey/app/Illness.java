package dev.tenfold.journey.app;

import com.sun.net.httpserver.HttpHandler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * What a server suffers from on the journey's order: it answers slowly, or fails and works in turn. Its metrics are always
 * well. Thread-safe.
 */
final class Illness {

    private final TimeSource time;
    private volatile long delayNanos;
    private volatile long flapNanos;
    private volatile long flapsSince;

    Illness(TimeSource time) {
        this.time = time;
    }

    /** Every answer is late by so much; zero ends it. */
    void slow(Duration delay) {
        delayNanos = delay.toNanos();
    }

    /** For so long everything fails, for so long everything works, and so on; zero ends it. */
    void flap(Duration period) {
        flapsSince = time.nanoTime();
        flapNanos = period.toNanos();
    }

    /** Serves as a handler does, as far as the illness lets it. */
    HttpHandler before(HttpHandler handler) {
        return exchange -> {
            if (!exchange.getRequestURI().getPath().equals("/metrics")) {
                if (delayNanos > 0) {
                    LockSupport.parkNanos(delayNanos);
                }
                if (isFailing()) {
                    exchange.sendResponseHeaders(500, -1);
                    exchange.close();
                    return;
                }
            }
            handler.handle(exchange);
        };
    }

    private boolean isFailing() {
        long period = flapNanos;
        return period > 0 && (time.nanoTime() - flapsSince) / period % 2 == 0;
    }
}
