/** The load balancer under JDBC: one data source over many databases that are alike. Needs the module {@code java.sql}. */
@NullMarked
package dev.tenfold.balance.jdbc;

import org.jspecify.annotations.NullMarked;
