package dev.tenfold.replication.consumers;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.table;

import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.jdbc.RoutingScope;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/** jOOQ; it marks what it only reads by a scope. */
final class Jooq implements Application {

    private final RoutingDataSource routing;
    private final DSLContext sql;

    Jooq(RoutingDataSource routing) {
        this.routing = routing;
        System.setProperty("org.jooq.no-logo", "true");
        System.setProperty("org.jooq.no-tips", "true");
        sql = DSL.using(routing, SQLDialect.POSTGRES);
    }

    @Override
    public String name() {
        return "jOOQ";
    }

    @Override
    public void write(long id) {
        sql.transaction(transaction -> transaction
                .dsl()
                .insertInto(table("entry"), field("id"), field("app"))
                .values(id, name())
                .execute());
    }

    @Override
    public String read(long id) {
        try (RoutingScope reading = routing.readScope()) {
            sql.selectFrom(table("entry")).where(field("id").eq(id)).fetch();
            return sql.select(field("node", String.class)).from("whoami").fetchSingle(field("node", String.class));
        }
    }
}
