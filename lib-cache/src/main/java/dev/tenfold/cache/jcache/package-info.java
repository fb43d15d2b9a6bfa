/**
 * Tenfold's cache behind the standard interface of Java, JCache 1.1 (JSR 107), which Spring's and Jakarta's caching
 * annotations and Hibernate can use. Needs {@code javax.cache:cache-api}, which this artifact declares as optional, and the
 * module {@code java.management}.
 *
 * <p>On the class path {@code Caching.getCachingProvider()} finds the provider; on the module path name it: {@code
 * Caching.getCachingProvider("dev.tenfold.cache.jcache.TenfoldCachingProvider")}.
 *
 * @serial exclude
 */
@NullMarked
package dev.tenfold.cache.jcache;

import org.jspecify.annotations.NullMarked;
