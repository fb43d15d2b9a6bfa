package dev.tenfold.journey.app;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** The application's tables: how to make them, fill them with people, and read back what they hold. */
public final class Schema {

    /** How many others each user follows from the start. */
    private static final int FOLLOWED = 5;

    private static final String[] TABLES = {
        "create table person (id bigint primary key, name text not null, version bigint not null, about text not null)",
        "create table post (id bigint primary key, author bigint not null, text text not null)",
        "create index post_author on post (author, id desc)",
        "create table follow (follower bigint, followee bigint, seeded boolean not null default false,"
                + " primary key (follower, followee))",
        "create table login (token text primary key, person bigint not null)",
        "create table notification (event text primary key, person bigint not null)",
        "create table undeliverable (event text primary key, person bigint not null)"
    };

    private Schema() {}

    /**
     * Makes the tables in an empty database.
     *
     * @param database where
     * @throws SQLException if that fails
     */
    public static void create(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (String table : TABLES) {
                statement.execute(table);
            }
        }
        Notifier.OUTBOX.createTable(database);
    }

    /**
     * Counts what waits in the outbox of a database.
     *
     * @param database where
     * @return how many events
     * @throws SQLException if that fails
     */
    public static long waiting(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from outbox")) {
            row.next();
            return row.getLong(1);
        }
    }

    /**
     * Adds users, each of whom follows the first few.
     *
     * @param database where
     * @param people their numbers
     * @throws SQLException if that fails
     */
    public static void populate(DataSource database, List<Long> people) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement person = connection.prepareStatement(
                        "insert into person select id, 'user ' || id, 0, 'new here' from unnest(?::bigint[]) id");
                PreparedStatement follow = connection.prepareStatement(
                        "insert into follow select id, other, true from unnest(?::bigint[]) id, generate_series(1, "
                                + FOLLOWED + ") other where other <> id")) {
            for (PreparedStatement statement : List.of(person, follow)) {
                statement.setArray(1, connection.createArrayOf("bigint", people.toArray()));
                statement.executeUpdate();
            }
        }
    }

    /**
     * Reads which posts and follows a database holds, without those it was populated with.
     *
     * @param database where
     * @return such as {@code post/42} and {@code follow/3-7}
     * @throws SQLException if that fails
     */
    public static List<String> writes(DataSource database) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select 'post/' || id from post union all"
                        + " select 'follow/' || follower || '-' || followee from follow where not seeded")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    /**
     * Lists the events of one of the tables {@code notification} and {@code undeliverable}.
     *
     * @param database where
     * @param table which
     * @return such as {@code follow/3-7}
     * @throws SQLException if that fails
     */
    public static List<String> events(DataSource database, String table) throws SQLException {
        List<String> events = new ArrayList<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select event from " + table)) {
            while (rows.next()) {
                events.add(rows.getString(1));
            }
        }
        return events;
    }

    /**
     * Reads the versions of the profiles that a database holds.
     *
     * @param database where
     * @return the version by user
     * @throws SQLException if that fails
     */
    public static Map<Long, Long> versions(DataSource database) throws SQLException {
        Map<Long, Long> versions = new HashMap<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select id, version from person")) {
            while (rows.next()) {
                versions.put(rows.getLong(1), rows.getLong(2));
            }
        }
        return versions;
    }

    /**
     * Says whose mailbox refuses everything, so that there is something to give up.
     *
     * @param person a user's number
     * @return true for every fourth, the well-known user 2 among them
     */
    public static boolean refusesMail(long person) {
        return person % 4 == 2;
    }
}
