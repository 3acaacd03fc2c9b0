package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A socket that was given to the daemon: clients who come between two daemons wait, and it is never closed. */
final class ListenerTest {
    private static final int PATIENCE_MILLIS = 60_000;
    /** How long a client looks that nobody answers; longer makes the test no stricter. */
    private static final int GLANCE_MILLIS = 300;

    @TempDir
    Path home;

    private FakeEngine engine;
    private ServerSocketChannel given;

    @BeforeEach
    void open() throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        given = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() throws IOException {
        given.close();
        engine.close();
    }

    private TestDaemon daemon(Optional<ServerSocketChannel> socket, String... settings) throws IOException {
        return new TestDaemon(home, home.resolve("engine.sock"), socket, settings);
    }

    /** Connects and asks whether the daemon lives. */
    private static Socket ask(URI url) throws IOException {
        var socket = new Socket(url.getHost(), url.getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.getOutputStream()
                .write("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String answer(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    @Test
    void whoComesBetweenTwoDaemonsWaitsForTheSecond() throws Exception {
        URI url;
        try (var first = daemon(Optional.of(given))) {
            url = first.url;
            assertEquals(((InetSocketAddress) given.getLocalAddress()).getPort(), url.getPort());
            assertTrue(answer(ask(url)).startsWith("HTTP/1.1 "));
        }
        assertTrue(given.isOpen());
        try (var waiting = ask(url)) {
            waiting.setSoTimeout(GLANCE_MILLIS);
            assertThrows(SocketTimeoutException.class, () -> answer(waiting));
            waiting.setSoTimeout(PATIENCE_MILLIS);
            try (var second = daemon(Optional.of(given))) {
                assertEquals(url, second.url);
                assertTrue(answer(waiting).startsWith("HTTP/1.1 "));
            }
        }
    }

    /** The control: a daemon that has opened its socket itself takes it along. */
    @Test
    void whoComesAfterADaemonWithASocketOfItsOwnIsRefused() throws Exception {
        URI url;
        try (var only = daemon(Optional.empty())) {
            url = only.url;
            assertTrue(answer(ask(url)).startsWith("HTTP/1.1 "));
        }
        assertThrows(ConnectException.class, () -> ask(url));
    }

    @Test
    void oneConnectionMoreThanTheMostWaits() throws Exception {
        try (var daemon = daemon(Optional.of(given), "connections_max = 2");
                var one = new Socket(daemon.url.getHost(), daemon.url.getPort());
                var two = new Socket(daemon.url.getHost(), daemon.url.getPort());
                var three = ask(daemon.url)) {
            assertTrue(one.isConnected() && two.isConnected());
            three.setSoTimeout(GLANCE_MILLIS);
            assertThrows(SocketTimeoutException.class, () -> answer(three));
            one.shutdownOutput();
            three.setSoTimeout(PATIENCE_MILLIS);
            assertTrue(answer(three).startsWith("HTTP/1.1 "));
        }
    }

    @Test
    void theSocketIsRightWhereTheConfigurationHasChanged() throws Exception {
        try (var daemon = daemon(Optional.of(given), "host = \"127.0.0.2\"")) {
            assertEquals("127.0.0.1", daemon.url.getHost());
            assertFalse(daemon.url.getPort() == 0);
        }
    }
}
