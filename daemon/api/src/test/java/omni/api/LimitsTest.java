package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Bounds on what many clients, or one with many texts, take together; each at its edge and one past it. */
final class LimitsTest {
    @TempDir
    private Path home;

    @Test
    void oneConnectionMoreThanAllowedWaits() throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), "connections_max = 2");
                var one = connect(daemon);
                var two = connect(daemon)) {
            assertTrue(answered(one) && answered(two));
            try (var three = connect(daemon)) {
                three.setSoTimeout(300);
                org.junit.jupiter.api.Assertions.assertThrows(
                        SocketTimeoutException.class,
                        () -> three.getInputStream().read());
                leave(one);
                three.setSoTimeout(20_000);
                assertEquals('H', three.getInputStream().read());
            }
            assertEquals(0, engine.cancelled.get());
        }
    }

    @Test
    void bodiesThatAreTooMuchTogetherAreRefused() throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(
                        home, home.resolve("engine.sock"), "body_bytes_max = 4096", "bodies_bytes_max = 8192");
                var one = half(daemon);
                var two = half(daemon)) {
            Await.until("both bodies count", () -> {
                try {
                    return daemon.post("/v1/embeddings", "{\"input\":\"x\"}").statusCode() == 429;
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            leave(one);
            leave(two);
            Await.until("room is made", () -> {
                try {
                    return daemon.post("/v1/embeddings", "{\"input\":\"x\"}").statusCode() == 200;
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertEquals(0, engine.asked.size());
        }
    }

    @Test
    void asManyTextsAsAllowedAreEmbeddedInBatches() throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), "embedding_inputs_max = 130")) {
            var response = daemon.post("/v1/embeddings", input(FakeEngine.texts(130)));
            assertEquals(200, response.statusCode(), response.body());
            var data = TestDaemon.json(response).get("data");
            assertEquals(130, data.size());
            assertEquals(129, data.get(129).get("index").asInt());
            assertEquals("[4.0,0.5]", data.get(129).get("embedding").toString());
            assertEquals(
                    130, TestDaemon.json(response).at("/usage/total_tokens").asInt());
            assertEquals(3, engine.embedCalls.get());

            ErrorsTest.assertError(daemon.post("/v1/embeddings", input(FakeEngine.texts(131))), 400, "invalid_value");
        }
    }

    @Test
    void vectorsComeAsNumbersOrBase64() throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            var numbers = daemon.post("/v1/embeddings", "{\"input\":\"abc\",\"dimensions\":2}");
            assertEquals(
                    "[3.0,0.5]",
                    TestDaemon.json(numbers).at("/data/0/embedding").toString(),
                    numbers.body());
            var base64 = daemon.post("/v1/embeddings", "{\"input\":[\"abc\"],\"encoding_format\":\"base64\"}");
            assertEquals(
                    "AABAQAAAAD8=",
                    TestDaemon.json(base64).at("/data/0/embedding").asString(),
                    base64.body());
            assertEquals(2, engine.embedCalls.get());
        }
    }

    private static String input(List<String> texts) {
        var root = JsonMapper.shared().createObjectNode();
        var input = root.putArray("input");
        new ArrayList<>(texts).forEach(input::add);
        return root.toString();
    }

    /** A connection that has sent the head of a request, and half of its body of 4096 bytes. */
    private static Socket half(TestDaemon daemon) throws IOException {
        var socket = new Socket(daemon.url.getHost(), daemon.url.getPort());
        socket.getOutputStream()
                .write(("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + TestDaemon.KEY
                                + "\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n\r\n"
                                + " ".repeat(2048))
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static Socket connect(TestDaemon daemon) throws IOException {
        var socket = new Socket(daemon.url.getHost(), daemon.url.getPort());
        socket.getOutputStream()
                .write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** The connection ends from the client's side. */
    private static void leave(Socket socket) throws IOException {
        socket.shutdownOutput();
    }

    private static boolean answered(Socket socket) throws IOException {
        socket.setSoTimeout(20_000);
        return socket.getInputStream().read() == 'H';
    }
}
