/**
 * A replica set as a {@link javax.sql.DataSource}, for code that knows nothing of replicas: {@link
 * dev.tenfold.replication.jdbc.RoutingDataSource}.
 */
@NullMarked
package dev.tenfold.replication.jdbc;

import org.jspecify.annotations.NullMarked;
