/**
 * The application that makes the journey: people with profiles who follow each other, write posts and read a timeline,
 * over HTTP and SQL. One server is one process; it keeps nothing that another could not take over.
 */
@NullMarked
package dev.tenfold.journey.app;

import org.jspecify.annotations.NullMarked;
