package dev.tenfold.replication.consumers;

/** An application that knows a {@link javax.sql.DataSource} and nothing of replicas. */
interface Application extends AutoCloseable {

    /** Its name, by which its rows are told from those of others. */
    String name();

    /** Inserts a row in a transaction of its own. */
    void write(long id) throws Exception;

    /** Looks the row up in whatever way the application marks what it only reads, and says which node answered. */
    String read(long id) throws Exception;

    @Override
    default void close() throws Exception {}
}
