package dev.tenfold.sharding.jdbc;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;
import javax.sql.DataSource;

/**
 * Compares what stands in all databases with what the writers were told, by SQL of its own and nothing of the library but the
 * map and the hash.
 */
record RowAudit(List<String> lost, List<String> duplicated, List<String> resurrected, List<String> astray) {

    private RowAudit() {
        this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    boolean isClean() {
        return lost.isEmpty() && duplicated.isEmpty() && resurrected.isEmpty() && astray.isEmpty();
    }

    static RowAudit of(WriteLoad load, Map<String, DataSource> databases, ShardMap map) throws SQLException {
        return of(
                load, databases, map, key -> map.owner(map.slotOf(KeyHash.xxh3().hash(key))));
    }

    /** Goes by {@code homes}, from a key to the shard its rows should be on. */
    static RowAudit of(WriteLoad load, Map<String, DataSource> databases, ShardMap map, LongFunction<String> homes)
            throws SQLException {
        RowAudit audit = new RowAudit();
        Map<Long, Long> accounts = new HashMap<>();
        Map<String, Long> entries = new HashMap<>();
        for (Map.Entry<String, DataSource> database : new TreeMap<>(databases).entrySet()) {
            String shard = database.getKey();
            try (Connection connection = database.getValue().getConnection();
                    Statement statement = connection.createStatement()) {
                try (ResultSet row = statement.executeQuery("SELECT id, total, twice FROM account")) {
                    while (row.next()) {
                        long id = row.getLong(1);
                        audit.home(homes, shard, id, "account " + id);
                        if (accounts.put(id, row.getLong(2)) != null) {
                            audit.duplicated.add("account " + id + " again on " + shard);
                        }
                        if (row.getLong(3) != 2 * row.getLong(2)) {
                            audit.lost.add("generated column of account " + id);
                        }
                    }
                }
                try (ResultSet row = statement.executeQuery("SELECT account, n FROM entry")) {
                    while (row.next()) {
                        audit.home(homes, shard, row.getLong(1), "entry " + row.getLong(2));
                        if (entries.put(Long.toString(row.getLong(2)), row.getLong(1)) != null) {
                            audit.duplicated.add("entry " + row.getLong(2) + " again on " + shard);
                        }
                    }
                }
                audit.leftovers(shard, statement, map);
            }
        }
        load.totals.forEach((id, total) -> {
            long found = accounts.getOrDefault(id, 0L);
            if (found != total.get()) {
                (found < total.get() ? audit.lost : audit.duplicated)
                        .add("account " + id + " has total " + found + " and not " + total);
            }
        });
        load.fickle.forEach((id, total) -> {
            if (!total.equals(accounts.get(id))) {
                audit.lost.add("account " + id + " has total " + accounts.get(id) + " and not " + total);
            }
        });
        load.goneFickle.stream()
                .filter(accounts::containsKey)
                .forEach(id -> audit.resurrected.add("account " + id + " with total " + accounts.get(id)));
        load.entries.forEach((n, account) -> {
            if (!account.equals(entries.remove(n.toString()))) {
                audit.lost.add("entry " + n + " of account " + account);
            }
        });
        entries.forEach(
                (n, account) -> (load.goneEntries.containsKey(Long.valueOf(n)) ? audit.resurrected : audit.duplicated)
                        .add("entry " + n + " of account " + account));
        return audit;
    }

    private void home(LongFunction<String> homes, String shard, long key, String row) {
        String home = homes.apply(key);
        if (!home.equals(shard)) {
            astray.add(row + " on " + shard + " and not on " + home);
        }
    }

    /** Nothing of a move may be left once it is over. */
    private void leftovers(String shard, Statement statement, ShardMap map) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT slot, state FROM tenfold_slot_v1")) {
            while (row.next()) {
                boolean owned = map.owner(row.getInt(1)).equals(shard);
                if (!row.getString(2).equals(owned ? "OWNER" : "CLOSED")) {
                    astray.add("slot " + row.getInt(1) + " is " + row.getString(2) + " on " + shard);
                }
            }
        }
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM tenfold_late_v1")) {
            row.next();
            if (row.getInt(1) > 0) {
                astray.add(row.getInt(1) + " late rows on " + shard);
            }
        }
    }

    @Override
    public String toString() {
        return lost.size() + " lost, " + duplicated.size() + " duplicated, " + resurrected.size() + " resurrected, "
                + astray.size() + " astray"
                + (isClean() ? "" : ": " + some(lost) + some(duplicated) + some(resurrected) + some(astray));
    }

    private static String some(List<String> found) {
        return found.isEmpty()
                ? ""
                : found.subList(0, Math.min(10, found.size())).toString();
    }
}
