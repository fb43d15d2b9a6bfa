package dev.tenfold.discovery;

/**
 * Discoveries that ask the Domain Name System.
 *
 * <pre>{@code
 * LoadBalancer<URI> apps = LoadBalancer.<URI>builder("apps")
 *         .discover(Dns.srv("_api._tcp.internal"), found -> URI.create("http://" + found.id()))
 *         .start();
 * }</pre>
 */
public final class Dns {

    private Dns() {}

    /**
     * Finds the addresses of a host: its A and AAAA records, or whatever else the machine resolves names by. Endpoints are named
     * by address and port, such as {@code 10.0.0.1:8080} or {@code [fd00::1]:8080}.
     *
     * @param host the host's name
     * @param port the port of all of them, 1 to 65,535
     * @return a discovery of resolved addresses, asked every 30 s
     * @throws dev.tenfold.error.InvalidConfigurationException if the port is out of its range
     */
    public static DnsDiscovery a(String host, int port) {
        return DnsDiscovery.ofHost(host, port);
    }

    /**
     * Finds the servers of a service by its SRV records (RFC 2782). Endpoints are named by target and port, such as {@code
     * a.internal:8080}, their weights are those of the records, and their addresses are not resolved: that is left to whoever
     * connects. Only the servers of the best priority are found unless {@link DnsDiscovery#allPriorities} is asked for. Needs the
     * modules {@code java.naming} and {@code jdk.naming.dns}.
     *
     * @param name the service, fully qualified, such as {@code _api._tcp.internal}
     * @return a discovery of addresses, asked every 30 s
     */
    public static DnsDiscovery srv(String name) {
        return DnsDiscovery.ofService(name);
    }
}
