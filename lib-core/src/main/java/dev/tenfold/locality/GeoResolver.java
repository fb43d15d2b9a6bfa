package dev.tenfold.locality;

import dev.tenfold.topology.Coordinates;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;

/**
 * Finds out where a client is by its address: a geographic database, a header that a proxy set, or a table of one's own networks.
 *
 * <p>Implementations are thread-safe and do not block.
 */
@FunctionalInterface
public interface GeoResolver {

    /**
     * Looks an address up.
     *
     * @param address the client's
     * @return where it is, or empty where that is not known
     */
    Optional<Coordinates> resolve(InetAddress address);

    /**
     * Returns a resolver over a table of networks; the longest prefix that matches decides.
     *
     * @param networks places by network in CIDR notation (RFC 4632, RFC 4291), such as {@code "10.1.0.0/16"} or {@code
     *     "2001:db8::/32"}
     * @return a resolver over a copy; a lookup costs one hash lookup for each length of prefix that occurs
     * @throws dev.tenfold.error.InvalidConfigurationException with every network that is malformed
     */
    static GeoResolver networks(Map<String, Coordinates> networks) {
        return NetworkTable.of(networks);
    }
}
