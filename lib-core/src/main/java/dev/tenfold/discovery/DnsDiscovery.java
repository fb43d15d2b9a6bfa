package dev.tenfold.discovery;

import dev.tenfold.error.Validation;
import dev.tenfold.topology.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A discovery that asks the Domain Name System, made by {@link Dns}. Immutable and thread-safe; each setting makes another.
 *
 * <p>It asks again after each interval. The time to live of the records is not known here, since neither {@link InetAddress} nor
 * the JDK's naming service tells it; what resolves in between (the JVM keeps addresses for {@code networkaddress.cache.ttl}
 * seconds, name servers until the time to live is over) caches as it always does, so an interval of about the time to live is
 * right. Failures are tried again as {@link Discoveries} says.
 */
public final class DnsDiscovery implements Discovery<InetSocketAddress> {

    /** How long until it asks again unless changed: 30 s. */
    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(30);

    /** The tag that holds the priority of an SRV record: {@value}. */
    public static final String PRIORITY = "priority";

    private final String name;
    /** Above 0 where a host is looked for, else a service is. */
    private final int port;

    private final Duration interval;
    private final boolean allPriorities;
    private final @Nullable InetSocketAddress server;

    private DnsDiscovery(
            String name,
            int port,
            Duration interval,
            boolean allPriorities,
            @Nullable InetSocketAddress server) {
        this.name = name;
        this.port = port;
        this.interval = interval;
        this.allPriorities = allPriorities;
        this.server = server;
    }

    static DnsDiscovery ofHost(String host, int port) {
        Validation check = Validation.of("discovery of '" + host + "'");
        check.between("port", port, 1, 65_535);
        check.throwIfInvalid();
        return new DnsDiscovery(host, port, DEFAULT_INTERVAL, false, null);
    }

    static DnsDiscovery ofService(String name) {
        return new DnsDiscovery(name, 0, DEFAULT_INTERVAL, false, null);
    }

    /**
     * Sets how long until it asks again.
     *
     * @param interval the mean pause, > 0, at most 365 days; default {@link #DEFAULT_INTERVAL}
     * @return a discovery with this interval
     */
    public DnsDiscovery every(Duration interval) {
        return new DnsDiscovery(name, port, Discoveries.checked(interval), allPriorities, server);
    }

    /**
     * Asks this name server instead of those that the machine is set up for. A host is then looked for by its A and AAAA records
     * alone, which needs the modules {@code java.naming} and {@code jdk.naming.dns}, too.
     *
     * @param server a resolved address
     * @return a discovery that asks it
     */
    public DnsDiscovery server(InetSocketAddress server) {
        return new DnsDiscovery(name, port, interval, allPriorities, server);
    }

    /**
     * Finds the servers of all priorities, not only of the lowest number: for a policy that itself keeps the others in reserve. Each
     * endpoint's tag {@value #PRIORITY} holds its number.
     *
     * @return a discovery of all of them; the same for a host, whose addresses have no priority
     */
    public DnsDiscovery allPriorities() {
        return new DnsDiscovery(name, port, interval, true, server);
    }

    @Override
    public Watch watch(Listener<InetSocketAddress> listener, DiscoveryContext context) {
        return new Polling<>(() -> port > 0 ? this::addresses : this::servers, interval).watch(listener, context);
    }

    private List<Endpoint<InetSocketAddress>> addresses() throws Exception {
        List<InetAddress> found = new ArrayList<>();
        InetSocketAddress asked = server;
        if (asked == null) {
            found.addAll(List.of(InetAddress.getAllByName(name)));
        } else {
            for (String type : List.of("A", "AAAA")) {
                for (String address : DnsRecords.lookup(name, type, asked)) {
                    found.add(InetAddress.getByName(address));
                }
            }
        }
        Map<String, Endpoint<InetSocketAddress>> byId = new LinkedHashMap<>();
        for (InetAddress address : found) {
            String host = address.getHostAddress();
            String id = (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
            byId.put(id, Endpoint.of(id, new InetSocketAddress(address, port)));
        }
        return inOrder(byId);
    }

    private List<Endpoint<InetSocketAddress>> servers() throws Exception {
        List<DnsRecords.Srv> records = new ArrayList<>();
        for (String text : DnsRecords.lookup(name, "SRV", server)) {
            DnsRecords.Srv record = DnsRecords.Srv.parse(text);
            // A target that is the root says that the service is decidedly not there.
            if (!record.target().isEmpty()) {
                records.add(record);
            }
        }
        int best = records.stream().mapToInt(DnsRecords.Srv::priority).min().orElse(0);
        Map<String, Endpoint<InetSocketAddress>> byId = new LinkedHashMap<>();
        for (DnsRecords.Srv record : records) {
            if (record.priority() == best || allPriorities) {
                boolean unweighted = records.stream()
                        .filter(other -> other.priority() == record.priority())
                        .allMatch(other -> other.weight() == 0);
                String id = record.target() + ":" + record.port();
                byId.putIfAbsent(
                        id,
                        Endpoint.of(id, InetSocketAddress.createUnresolved(record.target(), record.port()))
                                .withWeight(unweighted ? 1 : Math.max(SMALLEST_WEIGHT, record.weight()))
                                .withTags(Map.of(PRIORITY, Integer.toString(record.priority()))));
            }
        }
        return inOrder(byId);
    }

    /** What RFC 2782 calls a very small chance of being selected: that of weight 0 beside others above it. */
    private static final double SMALLEST_WEIGHT = 0.01;

    /** Name servers rotate their answers; in one order an answer that did not change is seen to be the same. */
    private static List<Endpoint<InetSocketAddress>> inOrder(Map<String, Endpoint<InetSocketAddress>> byId) {
        return byId.values().stream().sorted(Comparator.comparing(Endpoint::id)).toList();
    }

    @Override
    public String toString() {
        return port > 0 ? "Dns.a(" + name + ", " + port + ")" : "Dns.srv(" + name + ")";
    }
}
