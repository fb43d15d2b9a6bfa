package dev.tenfold.replication.consumers;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.util.Map;
import javax.sql.DataSource;
import org.hibernate.SessionFactory;
import org.hibernate.boot.MetadataSources;
import org.hibernate.boot.registry.StandardServiceRegistryBuilder;
import org.hibernate.cfg.JdbcSettings;

/** Hibernate ORM; it marks a session that only reads on the connection, before the transaction's first statement. */
final class Hibernate implements Application {

    /** A row. */
    @Entity(name = "entry")
    public static class Entry {
        @Id
        private long id;

        private String app;

        /** For Hibernate. */
        protected Entry() {}

        Entry(long id, String app) {
            this.id = id;
            this.app = app;
        }
    }

    private final SessionFactory sessions;

    Hibernate(DataSource source) {
        sessions = new MetadataSources(new StandardServiceRegistryBuilder()
                        .applySettings(Map.of(JdbcSettings.JAKARTA_NON_JTA_DATASOURCE, source))
                        .build())
                .addAnnotatedClass(Entry.class)
                .buildMetadata()
                .buildSessionFactory();
    }

    @Override
    public String name() {
        return "Hibernate";
    }

    @Override
    public void write(long id) {
        sessions.inTransaction(session -> session.persist(new Entry(id, name())));
    }

    @Override
    public String read(long id) {
        return sessions.fromTransaction(session -> {
            session.doWork(connection -> connection.setReadOnly(true));
            session.find(Entry.class, id);
            return session.createNativeQuery("SELECT node FROM whoami", String.class)
                    .getSingleResult();
        });
    }

    @Override
    public void close() {
        sessions.close();
    }
}
