/** PostgreSQL's streaming replication as an engine, through nothing but JDBC connections. */
@NullMarked
package dev.tenfold.replication.postgres;

import org.jspecify.annotations.NullMarked;
