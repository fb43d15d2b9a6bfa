package dev.tenfold.journey.app;

import dev.tenfold.Locator;
import dev.tenfold.Replicas;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What people can do, wherever their data lives. Everything of a person is at home on one shard: the profile, the posts
 * and whom the person follows. A session never sees less of a shard than it saw before.
 */
final class Social {

    /** How long a request may take before it is given up. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final int TIMELINE = 10;

    private final SocialSql sql;
    private final Locator<Long, Replicas<DataSource>> homes;

    Social(SocialSql sql, Locator<Long, Replicas<DataSource>> homes) {
        this.sql = sql;
        this.homes = homes;
    }

    /** Work on the database of one home. */
    @FunctionalInterface
    private interface Work<R extends @Nullable Object> {
        R on(DataSource database) throws Exception;
    }

    @Nullable Profile profile(Session session, long id) throws Exception {
        return read(session, homes.locate(id), database -> sql.find(database, id));
    }

    void change(Session session, long id, long version, String about) throws Exception {
        write(session, id, database -> sql.change(database, id, version, about));
    }

    void post(Session session, Post post) throws Exception {
        write(session, post.author(), database -> sql.post(database, post));
    }

    void follow(Session session, long follower, long followee) throws Exception {
        write(session, follower, database -> sql.follow(database, follower, followee, false));
    }

    /** The newest posts of those whom a person follows: one query for them, and one on each shard where they live. */
    List<Post> timeline(Session session, long person) throws Exception {
        List<Long> followees = read(session, homes.locate(person), database -> sql.followees(database, person));
        Map<Replicas<DataSource>, List<Long>> byHome = new LinkedHashMap<>();
        for (long followee : followees) {
            byHome.computeIfAbsent(homes.locate(followee), home -> new ArrayList<>())
                    .add(followee);
        }
        List<Post> posts = new ArrayList<>();
        for (Map.Entry<Replicas<DataSource>, List<Long>> home : byHome.entrySet()) {
            posts.addAll(read(session, home.getKey(), database -> sql.newestPosts(database, home.getValue())));
        }
        posts.sort(Comparator.comparingLong(Post::id).reversed());
        return posts.subList(0, Math.min(TIMELINE, posts.size()));
    }

    private <R extends @Nullable Object> R read(Session session, Replicas<DataSource> home, Work<R> work)
            throws Exception {
        Positioned<R> answer = home.<R, Exception>read(session.required(home.name()), deadline(), work::on);
        session.advance(answer.position());
        return answer.value();
    }

    private void write(Session session, long person, Change change) throws Exception {
        Replicas<DataSource> home = homes.locate(person);
        try {
            Positioned<Boolean> done = home.<Boolean, Exception>write(deadline(), database -> {
                change.on(database);
                return true;
            });
            session.advance(done.position());
        } catch (dev.tenfold.error.OutcomeUnknownException unknown) {
            session.requirePrimary(home.name());
            throw unknown;
        }
    }

    /** A change on the database of one home. */
    @FunctionalInterface
    private interface Change {
        void on(DataSource database) throws Exception;
    }

    private static Deadline deadline() {
        return Deadline.after(PATIENCE, TimeSource.system());
    }
}
