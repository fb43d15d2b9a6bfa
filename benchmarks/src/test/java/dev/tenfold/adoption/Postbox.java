package dev.tenfold.adoption;

import dev.tenfold.adoption.shop.Mailer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** The mail server: keeps what it is sent, and can be down. */
@Component
class Postbox implements Mailer {

    private final Map<String, BlockingQueue<String>> mails = new ConcurrentHashMap<>();
    private volatile boolean down;

    @Override
    public void send(String to, String text) {
        if (down) {
            throw new IllegalStateException("the mail server is down");
        }
        of(to).add(text);
    }

    void down(boolean now) {
        down = now;
    }

    /** Returns what comes next for somebody; null if nothing comes in time. */
    @Nullable
    String next(String to, Duration patience) throws InterruptedException {
        return of(to).poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    private BlockingQueue<String> of(String to) {
        return mails.computeIfAbsent(to, key -> new LinkedBlockingQueue<>());
    }
}
