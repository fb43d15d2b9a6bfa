package dev.tenfold.journey.app;

import dev.tenfold.DataPath;
import dev.tenfold.Locator;
import dev.tenfold.Replicas;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
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
 *
 * <p>What has a key travels a {@link DataPath}: profiles, and who follows whom. The rest goes to the homes directly.
 */
final class Social {

    /** How long a request may take before it is given up. */
    static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final int TIMELINE = 10;

    private final DataPath<Long, Profile> profiles;
    private final DataPath<Following, Boolean> follows;
    private final Locator<Long, Replicas<DataSource>> homes;
    private final SocialSql sql;

    Social(
            DataPath<Long, Profile> profiles,
            DataPath<Following, Boolean> follows,
            Locator<Long, Replicas<DataSource>> homes,
            SocialSql sql) {
        this.profiles = profiles;
        this.follows = follows;
        this.homes = homes;
        this.sql = sql;
    }

    /** Reads from a database. */
    @FunctionalInterface
    private interface Reading<R> {
        R on(DataSource database) throws Exception;
    }

    @Nullable
    Profile profile(Session session, long id) {
        return profiles.in(session).get(id);
    }

    /** The name is not the user's to change, so it is left as it is. */
    void change(Session session, long id, long version, String about) {
        profiles.in(session).put(id, new Profile(id, "", version, about));
    }

    void follow(Session session, long follower, long followee) {
        follows.in(session).put(new Following(follower, followee), true);
    }

    /** On whichever shard the author is at home when it commits. */
    void post(Session session, Post post) throws Exception {
        Deadline deadline = deadline();
        Replicas<DataSource> home = homes.locate(post.author());
        while (true) {
            try {
                Positioned<Boolean> done = home.<Boolean, Exception>write(deadline, database -> {
                    sql.post(database, post);
                    return true;
                });
                session.advance(done.position());
                return;
            } catch (StaleEpochException moved) {
                home = relocate(post.author(), moved, deadline);
            } catch (OutcomeUnknownException unknown) {
                session.requirePrimary(home.name());
                throw unknown;
            }
        }
    }

    /** The newest posts of those whom a person follows; from the beginning if somebody moves meanwhile. */
    List<Post> timeline(Session session, long person) throws Exception {
        Deadline deadline = deadline();
        while (true) {
            try {
                return gather(session, person, deadline);
            } catch (StaleEpochException moved) {
                relocate(person, moved, deadline);
            }
        }
    }

    /** One query for whom the person follows, and one on each shard where they live. */
    private List<Post> gather(Session session, long person, Deadline deadline) throws Exception {
        List<Long> followees =
                read(session, homes.locate(person), deadline, database -> sql.followees(database, person));
        Map<String, List<Long>> neighbours = new LinkedHashMap<>();
        Map<String, Replicas<DataSource>> shards = new LinkedHashMap<>();
        for (long followee : followees) {
            Replicas<DataSource> home = homes.locate(followee);
            shards.put(home.name(), home);
            neighbours.computeIfAbsent(home.name(), shard -> new ArrayList<>()).add(followee);
        }
        List<Post> posts = new ArrayList<>();
        for (Replicas<DataSource> home : shards.values()) {
            List<Long> authors = neighbours.getOrDefault(home.name(), List.of());
            posts.addAll(read(session, home, deadline, database -> sql.newestPosts(database, authors)));
        }
        posts.sort(Comparator.comparingLong(Post::id).reversed());
        return posts.subList(0, Math.min(TIMELINE, posts.size()));
    }

    private static <R> R read(Session session, Replicas<DataSource> home, Deadline deadline, Reading<R> reading)
            throws Exception {
        Positioned<R> answer = home.<R, Exception>read(session.required(home.name()), deadline, reading::on);
        session.advance(answer.position());
        return answer.value();
    }

    private Replicas<DataSource> relocate(long person, StaleEpochException moved, Deadline deadline) {
        if (deadline.isExpired()) {
            throw moved;
        }
        return homes.relocate(person, moved, deadline);
    }

    private static Deadline deadline() {
        return Deadline.after(PATIENCE, TimeSource.system());
    }
}
