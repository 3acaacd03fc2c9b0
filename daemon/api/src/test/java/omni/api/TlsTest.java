package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The handshake with good clients and bad ones, without the daemon around it. */
final class TlsTest {
    private static final InetAddress LOCAL = InetAddress.ofLiteral("192.168.1.10");
    private static final int PATIENCE_MILLIS = 20_000;

    @TempDir
    private Path home;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private ServerSocketChannel server;
    private Sweeper sweeper;
    private DeviceCertificate certificate;

    @BeforeEach
    void open() throws IOException {
        server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        sweeper =
                new Sweeper(new Wire.Patience(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(30)));
        certificate = DeviceCertificate.open(
                home, new FakeMachine("192.168.1.10"), Reach.of(List.of("lan")), List.of(), Clock.systemUTC());
    }

    @AfterEach
    void close() throws IOException {
        threads.shutdownNow();
        sweeper.close();
        server.close();
    }

    /** Accepts one client and shakes hands; its channel is closed where that came to nothing, as the listener does. */
    private Future<Optional<SecureSocket>> accepting(Duration requestMax) {
        var tls = new Tls(certificate, sweeper, requestMax);
        return threads.submit(() -> {
            SocketChannel client = server.accept();
            var socket = tls.accept(client, LOCAL);
            if (socket.isEmpty()) {
                client.close();
            }
            return socket;
        });
    }

    private Socket connect() throws IOException {
        var socket =
                new Socket(InetAddress.getLoopbackAddress(), server.socket().getLocalPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private SSLSocket trusting() throws Exception {
        var pem = Files.writeString(home.resolve("omni.pem"), certificate.pem());
        var factory = TrustingClient.context(pem).getSocketFactory();
        var tls = (SSLSocket) factory.createSocket(
                connect(), LOCAL.getHostAddress(), server.socket().getLocalPort(), true);
        var parameters = tls.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        tls.setSSLParameters(parameters);
        return tls;
    }

    private static String rest(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException e) {
            return ""; // a reset is an end
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void bytesGoBothWays(String version) throws Exception {
        var accepted = accepting(Duration.ofSeconds(30));
        try (var client = trusting()) {
            client.setEnabledProtocols(new String[] {version});
            client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
            var socket = accepted.get().orElseThrow();
            assertTrue(socket.isSecure() && socket.isConnected());
            assertEquals("hello", new String(socket.get(), StandardCharsets.US_ASCII));
            socket.write(io.helidon.common.buffers.BufferData.create("welcome".getBytes(StandardCharsets.US_ASCII)));
            socket.sayGoodbye();
            assertEquals("welcome", rest(client));
            assertEquals(version, client.getSession().getProtocol());
            assertTrue(client.getSession().getCipherSuite().matches(".*(GCM|CHACHA20).*"));
            socket.close();
        }
    }

    @Test
    void aClientForOldSuitesAloneIsRefused() throws Exception {
        var accepted = accepting(Duration.ofSeconds(30));
        try (var client = trusting()) {
            client.setEnabledProtocols(new String[] {"TLSv1.2"});
            client.setEnabledCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"});
            assertThrows(SSLException.class, client::startHandshake);
        }
        assertTrue(accepted.get().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\u0016\u0003\u0001\u0000\u0005hello", "\0"})
    void whatIsNoTlsEnds(String words) throws Exception {
        var accepted = accepting(Duration.ofSeconds(2));
        try (var client = connect()) {
            client.getOutputStream().write(words.getBytes(StandardCharsets.ISO_8859_1));
            var answer = rest(client);
            assertTrue(answer.isEmpty() || answer.charAt(0) == 21, "an alert at most: " + answer);
        }
        assertTrue(accepted.get().isEmpty());
    }

    /** Also one that has begun: the time is that of the whole handshake, not of a byte. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\u0016", "\u0016\u0003\u0001\u0002\u0000\u0001"})
    void whoStaysSilentIsEnded(String beginning) throws Exception {
        var accepted = accepting(Duration.ofMillis(300));
        try (var client = connect()) {
            client.getOutputStream().write(beginning.getBytes(StandardCharsets.ISO_8859_1));
            assertEquals("", rest(client).replaceAll("(?s)\u0015.*", ""));
        }
        assertTrue(accepted.get().isEmpty());
    }
}
