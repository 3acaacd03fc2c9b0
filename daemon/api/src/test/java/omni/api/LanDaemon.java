package omni.api;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import omni.vault.VaultProtocol.VaultState;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A real daemon as a process of its own, for a network namespace whose addresses others may reach. Arguments: a home, an address that
 * is listened on, one that is not. It prints a line of JSON with where it is and what raw connections got, then, for a line of standard
 * input, the same of another daemon, which has the key of the first and none of its certificates.
 */
final class LanDaemon {
    /** So many connections, three quarters of them for other machines. */
    static final int CONNECTIONS_MAX = 8;

    private static final int PATIENCE_MILLIS = 20_000;
    private static final String ASK = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    private LanDaemon() {}

    public static void main(String[] arguments) throws Exception {
        var home = Path.of(arguments[0]);
        try (var _ = new FakeEngine(home.resolve("engine.sock"));
                var vault = new FakeVault(home, VaultState.SEALED)) {
            serve(home, arguments[1], arguments[2], vault);
            Files.delete(home.resolve(DeviceCertificate.FILE));
            serve(home, arguments[1], arguments[2], vault);
        }
        System.exit(0);
    }

    private static void serve(Path home, String listened, String other, FakeVault vault) throws IOException {
        try (var daemon = new TestDaemon(
                home,
                home.resolve("engine.sock"),
                "listen = [\"" + listened + "\", \"192.0.2.9\"]",
                "hosts = [\"omni.home\"]",
                "connections_max = " + CONNECTIONS_MAX,
                "request_timeout = \"2s\"")) {
            var port = daemon.url.getPort();
            var told = JsonNodeFactory.instance.objectNode().put("port", port).put("note", daemon.daemon.note());
            told.set("lan", daemon.daemon.lan().orElseThrow().toJson());
            raw(told, listened, other, port);
            System.out.println(told);
            var _ = System.in.read();
        }
        System.err.println("passwords " + vault.passwords.size());
    }

    private static void raw(ObjectNode told, String listened, String other, int port) throws IOException {
        told.put("plainOverLoopback", answer("127.0.0.1", port, ASK));
        told.put("plainOverTls", answer(listened, port, ASK));
        told.put("plainElsewhere", answer(other, port, ASK));
        var silent = new ArrayList<Socket>();
        for (int i = 0; i < CONNECTIONS_MAX; i++) {
            silent.add(connect(listened, port));
        }
        told.put("loopbackWhileOthersAreSilent", answer("127.0.0.1", port, ASK));
        for (var socket : silent) {
            told.withArray("silentGot")
                    .add(rest(socket)); // ends by the handshake's own limit, or at once where there was no place
        }
    }

    private static Socket connect(String host, int port) throws IOException {
        var socket = new Socket();
        socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static String answer(String host, int port, String words) throws IOException {
        var socket = connect(host, port);
        socket.getOutputStream().write(words.getBytes(StandardCharsets.US_ASCII));
        return rest(socket);
    }

    /** All that comes until the end: as text where it is some, else in hexadecimal digits; a reset is an end. */
    private static String rest(Socket socket) throws IOException {
        try (socket) {
            var bytes = socket.getInputStream().readAllBytes();
            return bytes.length > 0 && bytes[0] == 'H'
                    ? new String(bytes, StandardCharsets.US_ASCII)
                    : HexFormat.of().formatHex(bytes);
        } catch (java.net.SocketException e) {
            return "";
        }
    }
}
