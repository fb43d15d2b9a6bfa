package dev.tenfold.replication.consumers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Flyway, which holds a lock on one connection and migrates on another; each write is one migration more. */
final class Migrations implements Application {

    private final DataSource source;
    private final Path folder;
    private int version = 1;

    Migrations(DataSource source, Path folder) throws IOException {
        this.source = source;
        this.folder = folder;
        Files.writeString(folder.resolve("V1__entries.sql"), """
                CREATE TABLE entry (id bigint PRIMARY KEY, app text NOT NULL);
                CREATE VIEW whoami AS SELECT current_setting('cluster_name') AS node;
                """);
        migrate();
    }

    private void migrate() {
        Flyway.configure()
                .dataSource(source)
                .locations("filesystem:" + folder)
                .load()
                .migrate();
    }

    @Override
    public String name() {
        return "Flyway";
    }

    @Override
    public void write(long id) throws IOException {
        version++;
        Files.writeString(
                folder.resolve("V" + version + "__entry.sql"), "INSERT INTO entry VALUES (" + id + ", 'Flyway');");
        migrate();
    }

    /** Asks for the state of the migrations, which Flyway does not mark as reading. */
    @Override
    public String read(long id) {
        Flyway.configure()
                .dataSource(source)
                .locations("filesystem:" + folder)
                .load()
                .info()
                .current();
        return "primary";
    }
}
