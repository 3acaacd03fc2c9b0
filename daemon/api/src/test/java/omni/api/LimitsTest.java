package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import omni.engine.EngineProtocol;
import org.jspecify.annotations.Nullable;
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
            assertEquals(3, engine.embedded.size());

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
            assertEquals(2, engine.embedded.size());
        }
    }

    /** A body counts until the engine has taken its prompt, and no longer. */
    @Test
    void promptsThatWaitForTheEngineCountAsMemory() throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var large = "x".repeat(4_000_000);
            var waiting = threads.submit(() -> daemon.post("/v1/completions", prompt("silent", large)));
            Await.until("the engine is asked", () -> engine.asked.size() == 1);
            ErrorsTest.assertError(daemon.post("/v1/completions", prompt("echo", large)), 429, "rate_limit_exceeded");
            assertEquals(
                    200, daemon.post("/v1/completions", prompt("echo", "x")).statusCode(), "a small one has room");
            engine.hold.countDown();
            assertEquals(200, waiting.get().statusCode());
        }
    }

    @Test
    void promptsThatTheEngineHasTakenDoNotCount() throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var large = "x".repeat(4_000_000);
            var first = threads.submit(() -> daemon.post("/v1/completions", prompt("begun", large)));
            Await.until("the engine is asked", () -> engine.asked.size() == 1);
            assertEquals(
                    200, daemon.post("/v1/completions", prompt("three", large)).statusCode());
            engine.hold.countDown();
            assertEquals(200, first.get().statusCode());
        }
    }

    private static String prompt(String model, String prompt) {
        return "{\"model\":\"" + model + "\",\"prompt\":\"" + prompt + "\"}";
    }

    @Test
    void memoryIsSharedOutAndComesBack() {
        var memory = new Memory(8192, Duration.ofMillis(50));
        try (var all = memory.take(1_000_000)) {
            assertEquals(0, memory.freeBytes());
            assertThrows(ApiError.class, () -> memory.take(1));
            all.shrink(4096);
            assertEquals(4096, memory.freeBytes());
            try (var _ = memory.take(4096)) {
                assertThrows(ApiError.class, () -> memory.take(1));
            }
        }
        assertEquals(8192, memory.freeBytes());
    }

    @Test
    void longVectorsAreAskedForInSmallerBatches() {
        assertEquals(64, Embeddings.inputsAtOnce(model(null)));
        assertEquals(64, Embeddings.inputsAtOnce(model(Embeddings.NUMBERS_MAX / 64L)));
        assertEquals(63, Embeddings.inputsAtOnce(model(Embeddings.NUMBERS_MAX / 64L + 1)));
        assertEquals(1, Embeddings.inputsAtOnce(model(Embeddings.NUMBERS_MAX + 1L)));
    }

    private static EngineProtocol.Model model(@Nullable Long embeddingLength) {
        return new EngineProtocol.Model(
                "id",
                "name",
                false,
                false,
                false,
                null,
                1,
                1,
                null,
                null,
                embeddingLength,
                null,
                false,
                EngineProtocol.ModelState.SOUND);
    }

    /** What fails while little has been made gets its status; what fails later breaks the response off. */
    @Test
    void vectorsGoToTheWireAsTheyCome() throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            var texts = new ArrayList<>(FakeEngine.texts(2048));
            var whole = daemon.post("/v1/embeddings", input("wide", texts));
            assertEquals(200, whole.statusCode());
            assertEquals("", whole.headers().firstValue("content-length").orElse(""));
            var data = TestDaemon.json(whole).get("data");
            assertEquals(2048, data.size());
            assertEquals(513, data.get(2047).get("embedding").size());
            assertEquals(32, engine.embedded.size());
            texts.set(2047, "fail");
            assertThrows(IOException.class, () -> daemon.post("/v1/embeddings", input("wide", texts)));
            ErrorsTest.assertError(
                    daemon.post("/v1/embeddings", input("wide", List.of("fail"))), 503, "engine_unavailable");
            assertEquals(200, daemon.get("/health").statusCode());
        }
    }

    @Test
    void reportsOfTokensGoToTheWireAsTheyCome() throws Exception {
        try (var _ = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            var chat = daemon.post(
                    "/v1/chat/completions", TestDaemon.chat("wordy", ",\"logprobs\":true,\"top_logprobs\":20"));
            assertEquals("", chat.headers().firstValue("content-length").orElse(""));
            var choice = TestDaemon.json(chat).at("/choices/0");
            assertEquals(1001, choice.at("/message/content").asString().length());
            assertEquals(1000, choice.at("/logprobs/content").size());
            assertEquals(20, choice.at("/logprobs/content/999/top_logprobs").size());
            assertEquals("stop", choice.path("finish_reason").asString());

            var completion = daemon.post("/v1/completions", "{\"model\":\"wordy\",\"prompt\":\"x\",\"logprobs\":20}");
            var logprobs = TestDaemon.json(completion).at("/choices/0/logprobs");
            assertEquals(999, logprobs.at("/text_offset/999").asInt());
            assertEquals("a", logprobs.at("/tokens/999").asString());
            assertEquals(-0.5, logprobs.at("/token_logprobs/999").asDouble());
            assertEquals(1000, logprobs.at("/top_logprobs").size());

            assertThrows(
                    IOException.class,
                    () -> daemon.post("/v1/completions", "{\"model\":\"wordy\",\"prompt\":\"break\",\"logprobs\":20}"));
        }
    }

    private static String input(String model, List<String> texts) {
        return "{\"model\":\"" + model + "\"," + input(texts).substring(1);
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
