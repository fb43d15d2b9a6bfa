package dev.tenfold.locality;

import dev.tenfold.error.Validation;
import dev.tenfold.topology.Coordinates;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Places by network: for each length of prefix, longest first, the networks of that length. Immutable. */
final class NetworkTable implements GeoResolver {

    /** Numbers only: a name would be looked up in the network. */
    private static final Pattern NUMERIC = Pattern.compile("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    private final Map<Integer, Map<ByteBuffer, Coordinates>> byLength;

    private NetworkTable(Map<Integer, Map<ByteBuffer, Coordinates>> byLength) {
        this.byLength = byLength;
    }

    static NetworkTable of(Map<String, Coordinates> networks) {
        Map<Integer, Map<ByteBuffer, Coordinates>> byLength = new TreeMap<>(Collections.reverseOrder());
        Validation check = Validation.of("networks");
        networks.forEach((text, place) -> {
            int slash = text.indexOf('/');
            try {
                byte[] address = parse(text.substring(0, Math.max(0, slash)));
                int length = Integer.parseInt(text.substring(slash + 1));
                if (length < 0 || length > address.length * 8) {
                    throw new IllegalArgumentException("prefix length " + length);
                }
                byLength.computeIfAbsent(length, any -> new HashMap<>()).put(prefix(address, length), place);
            } catch (IllegalArgumentException malformed) {
                check.require(false, "network", text, "an address, '/' and a prefix length, such as 10.1.0.0/16");
            }
        });
        check.throwIfInvalid();
        return new NetworkTable(byLength);
    }

    @Override
    public Optional<Coordinates> resolve(InetAddress address) {
        byte[] bytes = address.getAddress();
        for (Map.Entry<Integer, Map<ByteBuffer, Coordinates>> networks : byLength.entrySet()) {
            int length = networks.getKey();
            if (length <= bytes.length * 8) {
                Coordinates place = networks.getValue().get(prefix(bytes, length));
                if (place != null) {
                    return Optional.of(place);
                }
            }
        }
        return Optional.empty();
    }

    private static byte[] parse(String address) {
        if (!NUMERIC.matcher(address).matches()) {
            throw new IllegalArgumentException(address);
        }
        try {
            return InetAddress.getByName(address).getAddress();
        } catch (UnknownHostException malformed) {
            throw new IllegalArgumentException(address, malformed);
        }
    }

    /** The whole address with everything after the prefix zero, so that the two families never meet. */
    private static ByteBuffer prefix(byte[] address, int length) {
        byte[] prefix = Arrays.copyOf(address, address.length);
        for (int i = 0; i < prefix.length; i++) {
            int kept = Math.max(0, Math.min(8, length - i * 8));
            prefix[i] &= (byte) (0xFF00 >> kept);
        }
        return ByteBuffer.wrap(prefix);
    }
}
