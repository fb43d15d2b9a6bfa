package dev.tenfold.discovery;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import javax.naming.CompositeName;
import javax.naming.Context;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import org.jspecify.annotations.Nullable;

/** Asks the JDK's naming service for records of the DNS. */
final class DnsRecords {

    private DnsRecords() {}

    /** Returns the records of one type, empty where the name has none of it. */
    static List<String> lookup(String name, String type, @Nullable InetSocketAddress server) throws IOException {
        try {
            return ask(name, type, server);
        } catch (NamingException failure) {
            throw new IOException(type + " records of " + name + ": " + failure, failure);
        } catch (NoClassDefFoundError missing) {
            throw new IOException("DNS needs the modules java.naming and jdk.naming.dns; add them to the run-time image"
                    + " (jlink --add-modules jdk.naming.dns) and to the module graph", missing);
        }
    }

    @SuppressWarnings("JdkObsolete") // the naming service takes nothing but a Hashtable
    private static List<String> ask(String name, String type, @Nullable InetSocketAddress server)
            throws NamingException {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        environment.put(Context.PROVIDER_URL, server == null ? "dns:" : "dns://" + literal(server));
        environment.put("com.sun.jndi.dns.timeout.initial", "1000");
        environment.put("com.sun.jndi.dns.timeout.retries", "3");
        DirContext context = new InitialDirContext(environment);
        try {
            Attribute records = context.getAttributes(new CompositeName().add(name), new String[] {type})
                    .get(type);
            List<String> texts = new ArrayList<>();
            for (int i = 0; records != null && i < records.size(); i++) {
                texts.add(String.valueOf(records.get(i)));
            }
            return texts;
        } finally {
            context.close();
        }
    }

    private static String literal(InetSocketAddress server) {
        String host = server.getAddress() == null
                ? server.getHostString()
                : server.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + server.getPort();
    }

    /** The data of one SRV record; the target without its last dot. */
    record Srv(int priority, int weight, int port, String target) {

        static Srv parse(String text) throws IOException {
            String[] words = text.split(" ", -1);
            if (words.length != 4) {
                throw new IOException("SRV record: " + text + " (expected: priority weight port target)");
            }
            String target = words[3].endsWith(".") ? words[3].substring(0, words[3].length() - 1) : words[3];
            return new Srv(
                    Integer.parseInt(words[0]),
                    Integer.parseInt(words[1]),
                    Integer.parseInt(words[2]),
                    target.toLowerCase(Locale.ROOT));
        }
    }
}
