package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Clients while the daemon is started again: each gets an answer, or loses the request that was in flight; none is refused. */
class DaemonRestartTest {
    private static final List<String> SIGNALS = List.of("KILL", "KILL", "KILL", "KILL", "KILL", "TERM", "TERM");

    /** Makes a new connection for every request, until it is closed. */
    private static final class Client implements AutoCloseable {
        private static final int PATIENCE_MILLIS = 60_000;
        private static final Duration PAUSE = Duration.ofMillis(2);

        final AtomicInteger answers = new AtomicInteger();
        final AtomicInteger refused = new AtomicInteger();
        final AtomicInteger brokenOff = new AtomicInteger();
        private final int port;
        private final Thread thread = Thread.ofPlatform().unstarted(this::run);
        private volatile boolean over;

        Client(int port) {
            this.port = port;
            thread.start();
        }

        private void run() {
            while (!over) {
                try {
                    ask(port);
                    answers.incrementAndGet();
                } catch (ConnectException e) {
                    refused.incrementAndGet();
                } catch (IOException e) {
                    brokenOff.incrementAndGet();
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }

        static void ask(int port) throws IOException {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(PATIENCE_MILLIS);
                socket.getOutputStream()
                        .write("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                if (!answer.startsWith("HTTP/1.1 ")) {
                    throw new IOException("no answer");
                }
            }
        }

        void awaitAnAnswer() {
            int before = answers.get();
            Await.until("an answer", () -> answers.get() > before);
        }

        @Override
        public String toString() {
            return answers + " answers, " + refused + " refused, " + brokenOff + " broken off";
        }

        @Override
        public void close() {
            over = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void nobodyIsRefusedWhileTheDaemonIsStartedAgain() throws Exception {
        try (var product = new Product()) {
            product.configure("[daemon]\nport = 0\nlisten = [\"lan\"]\n[supervisor]\nrestarts_max = 100\n");
            var up = product.up();
            var url = Request.of(up.curl()).url();
            int port = URI.create(url).getPort();
            var pin = product.status().at("/address/lan/pin").asString();
            assertTrue(pin.startsWith("sha256//"), pin);
            try (var client = new Client(port)) {
                for (var signal : SIGNALS) {
                    client.awaitAnAnswer();
                    var killed = Product.pid(product.status(), "daemon");
                    Box.signal(signal, killed);
                    Await.until("the daemon is back", () -> isAnother(product, killed));
                }
                client.awaitAnAnswer();
                assertEquals(0, client.refused.get(), client::toString);
                System.out.println("DaemonRestartTest: " + client);
            }
            var status = product.status();
            assertTrue(status.toString().contains(":" + port), "omni status tells the port");
            assertEquals(
                    pin, status.at("/address/lan/pin").asString(), "and the same key, however often it was started");
            assertEquals(0, product.omni("down").exit());
            assertThrows(ConnectException.class, () -> Client.ask(port), "the port is free");
        }
    }

    private static boolean isAnother(Product product, long killed) {
        try {
            JsonNode status = product.status();
            long pid = Product.pid(status, "daemon");
            return pid != 0 && pid != killed;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The control: without a supervisor the daemon listens on a socket of its own, which dies with it. */
    @Test
    void aDaemonWithItsOwnSocketRefusesWhileItIsStartedAgain() throws Exception {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try (var product = new Product()) {
            product.configure("[daemon]\nport = " + port + "\n");
            var first = daemon(product);
            try (var client = new Client(port)) {
                client.awaitAnAnswer();
                first.destroyForcibly().waitFor();
                int before = client.refused.get();
                var second = daemon(product);
                try {
                    client.awaitAnAnswer();
                    assertNotEquals(before, client.refused.get(), client::toString);
                } finally {
                    second.destroyForcibly().waitFor();
                }
            } finally {
                first.destroyForcibly().waitFor();
            }
        }
    }

    private static Process daemon(Product product) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var lib = Product.TREE.resolve("lib").toString();
        return product.prepare(new ProcessBuilder(
                        java,
                        "--enable-native-access=omni.role",
                        "--module-path",
                        lib,
                        "-m",
                        "omni.role/omni.role.Main",
                        "daemon"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
