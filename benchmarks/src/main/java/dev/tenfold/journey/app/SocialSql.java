package dev.tenfold.journey.app;

import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The statements of the application, on whichever database they are told. Every write may be repeated. */
final class SocialSql {

    private static final int NEWEST = 10;
    private static final String FOLLOW = "insert into follow (follower, followee) values (?, ?)"
            + " on conflict (follower, followee) do update set seeded = false";

    private final Sql sql;

    SocialSql(Sql sql) {
        this.sql = sql;
    }

    @Nullable
    Profile find(DataSource database, long id) throws SQLException {
        List<Profile> found = sql.query(
                database,
                List.of(id),
                "select id, name, version, about from person where id = ?",
                row -> new Profile(row.getLong(1), row.getString(2), row.getLong(3), row.getString(4)),
                id);
        return found.isEmpty() ? null : found.get(0);
    }

    /** An older version than the stored one changes nothing. */
    void change(DataSource database, long id, long version, String about) throws Exception {
        sql.update(
                database,
                List.of(id),
                "update person set version = ?, about = ? where id = ? and version < ?",
                version,
                about,
                id,
                version);
    }

    void post(DataSource database, Post post) throws Exception {
        sql.update(
                database,
                List.of(post.author()),
                "insert into post (id, author, text) values (?, ?, ?) on conflict do nothing",
                post.id(),
                post.author(),
                post.text());
    }

    boolean follows(DataSource database, Following following) throws SQLException {
        return !sql.query(
                        database,
                        List.of(following.follower()),
                        "select 1 from follow where follower = ? and followee = ?",
                        row -> row.getLong(1),
                        following.follower(),
                        following.followee())
                .isEmpty();
    }

    void follow(DataSource database, Following following) throws Exception {
        follow(database, following, connection -> {});
    }

    /** Also does something else in the same transaction, such as announcing it. */
    void follow(DataSource database, Following following, Sql.Also also) throws Exception {
        sql.update(database, List.of(following.follower()), also, FOLLOW, following.follower(), following.followee());
    }

    List<Long> followees(DataSource database, long follower) throws SQLException {
        return sql.query(
                database,
                List.of(follower),
                "select followee from follow where follower = ? order by followee limit " + NEWEST,
                row -> row.getLong(1),
                follower);
    }

    List<Post> newestPosts(DataSource database, List<Long> authors) throws SQLException {
        return sql.query(
                database,
                authors,
                "select p.id, p.author, p.text from unnest(?::bigint[]) a, lateral (select id, author, text from post"
                        + " where author = a order by id desc limit " + NEWEST + ") p order by p.id desc limit "
                        + NEWEST,
                row -> new Post(row.getLong(1), row.getLong(2), row.getString(3)),
                authors);
    }
}
