package dev.tenfold.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TcpRelayTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int QUIET_MILLIS = 100;

    private final ServerSocket echoing = new ServerSocket(0, 50, LOOPBACK);
    private final Set<Socket> served = ConcurrentHashMap.newKeySet();
    private final TcpRelay relay = TcpRelay.to(echoing.getLocalPort());

    TcpRelayTest() throws IOException {
        daemon(() -> {
            while (true) {
                Socket socket = echoing.accept();
                served.add(socket);
                daemon(() -> socket.getInputStream().transferTo(socket.getOutputStream()));
            }
        });
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException ended) {
                // By the test.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void close() throws IOException {
        relay.close();
        echoing.close();
        for (Socket socket : served) {
            socket.close();
        }
    }

    private Socket connected() throws IOException {
        Socket client = new Socket(LOOPBACK, relay.port());
        assertEchoes(client, 'a');
        return client;
    }

    private static void assertEchoes(Socket client, int what) throws IOException {
        client.getOutputStream().write(what);
        assertHears(client, what);
    }

    private static void assertHears(Socket client, int what) throws IOException {
        client.setSoTimeout(20_000);
        assertThat(client.getInputStream().read()).isEqualTo(what);
    }

    private static void assertHearsNothing(Socket client) throws IOException {
        client.setSoTimeout(QUIET_MILLIS);
        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
    }

    private static void assertEnded(Socket client) {
        Await.until("the connection is ended", () -> {
            try {
                client.setSoTimeout(1);
                return client.getInputStream().read() < 0;
            } catch (SocketTimeoutException notYet) {
                return false;
            } catch (IOException ended) {
                return true;
            }
        });
    }

    @Test
    void passesOnBothWays() throws IOException {
        try (Socket one = connected();
                Socket other = connected()) {
            assertEchoes(one, 'x');
            assertEchoes(other, 'y');
        }
    }

    @Test
    void endsWhatThereIsAndPassesOnWhatIsNew() throws IOException {
        try (Socket client = connected()) {
            relay.disconnect();
            assertEnded(client);
            connected().close();
        }
    }

    @Test
    void endsWhatIsNewWhileItRefuses() throws IOException {
        try (Socket client = connected()) {
            relay.refuse(true);
            assertEnded(client);
            try (Socket refused = new Socket(LOOPBACK, relay.port())) {
                assertEnded(refused);
            }
            relay.refuse(false);
            connected().close();
        }
    }

    @Test
    void holdsBackWhatItSwallowsAndTellsNobody() throws IOException {
        try (Socket client = connected()) {
            relay.swallow(true);
            client.getOutputStream().write('b');
            assertHearsNothing(client);
            try (Socket late = new Socket(LOOPBACK, relay.port())) {
                late.getOutputStream().write('c');
                assertHearsNothing(late);
                relay.swallow(false);
                assertHears(client, 'b');
                assertHears(late, 'c');
            }
        }
    }

    @Test
    void doesNotSayWhoHungUpWhileItSwallows() throws IOException {
        try (Socket client = connected()) {
            relay.swallow(true);
            served.iterator().next().close();
            assertHearsNothing(client);
            relay.swallow(false);
            assertEnded(client);
        }
    }

    @Test
    void endsWhatItSwallowsWhenItIsDisconnected() throws IOException {
        try (Socket client = connected()) {
            relay.swallow(true);
            relay.disconnect();
            assertEnded(client);
            relay.swallow(false);
            connected().close();
        }
    }

    @Test
    void endsTheClientWhereThereIsNoServer() throws IOException {
        int port = echoing.getLocalPort();
        echoing.close();
        // Who waits in accept is told by a signal, and may yet accept somebody before it comes.
        Await.until("nobody listens", () -> isRefused(port));
        try (Socket client = new Socket(LOOPBACK, relay.port())) {
            assertEnded(client);
        }
    }

    private static boolean isRefused(int port) {
        try (Socket late = new Socket(LOOPBACK, port)) {
            return late.isClosed();
        } catch (IOException refused) {
            return true;
        }
    }

    @Test
    void endsEverythingWhenItIsClosed() throws IOException {
        try (Socket client = connected()) {
            relay.swallow(true);
            relay.close();
            assertEnded(client);
            Await.until("nobody listens", () -> {
                try (Socket late = new Socket(LOOPBACK, relay.port())) {
                    return !late.isConnected();
                } catch (IOException refused) {
                    return true;
                }
            });
        }
    }
}
