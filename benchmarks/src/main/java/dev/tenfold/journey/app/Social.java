package dev.tenfold.journey.app;

import dev.tenfold.DataPath;
import dev.tenfold.Locator;
import dev.tenfold.Replicas;
import dev.tenfold.error.OutcomeUnknownException;
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
    static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final int TIMELINE = 10;

    private final DataPath<Long, Profile> profiles;
    private final Home home;
    private final SocialSql sql;
    private final boolean announcing;

    Social(
            DataPath<Long, Profile> profiles,
            Locator<Long, ? extends Replicas<DataSource>> homes,
            SocialSql sql,
            boolean announcing) {
        this.profiles = profiles;
        this.home = new Home(homes);
        this.sql = sql;
        this.announcing = announcing;
    }

    @Nullable Profile profile(Session session, long id) {
        return profiles.in(session).get(id);
    }

    /** The name is not the user's to change, so it is left as it is. */
    void change(Session session, long id, long version, String about) {
        profiles.in(session).put(id, new Profile(id, "", version, about));
    }

    void post(Session session, Post post) throws Exception {
        home.write(session, post.author(), database -> sql.post(database, post));
    }

    void follow(Session session, long follower, long followee) throws Exception {
        home.write(session, follower, database -> sql.follow(database, follower, followee, announcing));
    }

    /** The newest posts of those whom a person follows: one query for them, and one on each shard where they live. */
    List<Post> timeline(Session session, long person) throws Exception {
        List<Long> followees = home.read(session, person, database -> sql.followees(database, person));
        Map<String, List<Long>> together = new LinkedHashMap<>();
        for (long followee : followees) {
            together.computeIfAbsent(home.name(followee), shard -> new ArrayList<>())
                    .add(followee);
        }
        List<Post> posts = new ArrayList<>();
        for (List<Long> neighbours : together.values()) {
            posts.addAll(home.read(session, neighbours.get(0), database -> sql.newestPosts(database, neighbours)));
        }
        posts.sort(Comparator.comparingLong(Post::id).reversed());
        return posts.subList(0, Math.min(TIMELINE, posts.size()));
    }

    /** Reads and writes at the home of a person, as a session; what {@link DataPath} does for single values. */
    private record Home(Locator<Long, ? extends Replicas<DataSource>> homes) {

        /** Work on a database. */
        @FunctionalInterface
        interface Reading<R> {
            R on(DataSource database) throws Exception;
        }

        /** A change of a database, committed when it returns. */
        @FunctionalInterface
        interface Writing {
            void on(DataSource database) throws Exception;
        }

        String name(long person) {
            return homes.locate(person).name();
        }

        <R> R read(Session session, long person, Reading<R> reading) throws Exception {
            Replicas<DataSource> home = homes.locate(person);
            Positioned<R> answer = home.<R, Exception>read(session.required(home.name()), deadline(), reading::on);
            session.advance(answer.position());
            return answer.value();
        }

        void write(Session session, long person, Writing writing) throws Exception {
            Replicas<DataSource> home = homes.locate(person);
            try {
                Positioned<Boolean> done = home.<Boolean, Exception>write(deadline(), database -> {
                    writing.on(database);
                    return true;
                });
                session.advance(done.position());
            } catch (OutcomeUnknownException unknown) {
                session.requirePrimary(home.name());
                throw unknown;
            }
        }

        private static Deadline deadline() {
            return Deadline.after(PATIENCE, TimeSource.system());
        }
    }
}
