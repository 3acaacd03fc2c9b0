package omni.api;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * Makes a client's connection one by TLS: 1.3, and 1.2 with AEAD and forward secrecy alone for clients of older systems (RFC 9325).
 * A client that speaks HTTP without it gets the alert of the JDK's TLS and its end.
 */
final class Tls {
    /** From the first byte of a handshake to its last. */
    static final Duration HANDSHAKE_MAX = Duration.ofSeconds(10);

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final String[] SUITES = {
        "TLS_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    };
    private static final String[] HTTP = {"http/1.1"};

    private final DeviceCertificate certificate;
    private final Sweeper sweeper;
    private final Duration handshakeMax;

    /** A handshake takes no longer than a request may, and ten seconds at most. */
    Tls(DeviceCertificate certificate, Sweeper sweeper, Duration requestMax) {
        this.certificate = certificate;
        this.sweeper = sweeper;
        this.handshakeMax = requestMax.compareTo(HANDSHAKE_MAX) < 0 ? requestMax : HANDSHAKE_MAX;
    }

    /**
     * Shakes hands; nothing where the client does not, in time. The channel is the caller's to close.
     *
     * @param local to which address of this machine it has come
     */
    Optional<SecureSocket> accept(SocketChannel client, InetAddress local) {
        var ending = sweeper.after(
                handshakeMax, () -> Thread.ofVirtual().name("omni-api-late").start(() -> end(client)));
        try {
            var context = certificate.forClientOf(local).context();
            var tls = (SSLSocket) context.getSocketFactory().createSocket(client.socket(), null, true);
            tls.setSSLParameters(parameters());
            tls.startHandshake();
            return Optional.of(new SecureSocket(client, tls, Integer.toHexString(System.identityHashCode(client))));
        } catch (IOException e) {
            Log.debug("a client did not come to speak TLS", e);
            return Optional.empty();
        } finally {
            ending.cancel(false);
        }
    }

    private static SSLParameters parameters() {
        var parameters = new SSLParameters(SUITES, PROTOCOLS);
        parameters.setUseCipherSuitesOrder(true);
        parameters.setApplicationProtocols(HTTP);
        return parameters;
    }

    private static void end(SocketChannel client) {
        try {
            client.close();
        } catch (IOException e) {
            Log.debug("a client was gone before it could be ended", e);
        }
    }
}
