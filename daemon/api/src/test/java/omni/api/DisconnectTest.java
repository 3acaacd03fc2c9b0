package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A client that leaves frees the engine, seen at a fake engine that would otherwise go on for ever. */
final class DisconnectTest {
    private FakeEngine engine;
    private TestDaemon daemon;

    @BeforeEach
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
    }

    @AfterEach
    void stop() {
        daemon.close();
        engine.close();
    }

    @ParameterizedTest
    @CsvSource({"silent,false", "silent,true", "begun,false", "begun,true", "endless,true", "endless,false"})
    void leavingCancels(String model, boolean stream) throws Exception {
        try (var socket = ask("/v1/chat/completions", TestDaemon.chat(model, ",\"stream\":" + stream))) {
            Await.until("the engine is asked", () -> engine.asked.size() == 1);
            assertEquals(0, engine.cancelled.get());
            if (stream && !model.equals("silent")) {
                assertTrue(socket.getInputStream().read() >= 0);
            }
        }
        Await.until("the engine is free", () -> engine.cancelled.get() == 1);
    }

    @Test
    void leavingCancelsAnEmbeddingToo() throws Exception {
        try (var _ = ask("/v1/embeddings", "{\"model\":\"silent\",\"input\":\"x\"}")) {
            Await.until("the engine is asked", () -> engine.embedded.size() == 1);
        }
        Await.until("the engine is free", () -> engine.cancelled.get() == 1);
    }

    @Test
    void leavingCancelsTheLoadOfAModelToo() throws Exception {
        try (var _ = ask("/v1/chat/completions", TestDaemon.chat("loading", ""))) {
            Await.until("the engine loads", () -> engine.templateCalls.get() == 1);
            assertEquals(0, engine.cancelled.get());
        }
        Await.until("the load is given up", () -> engine.cancelled.get() == 1);
        assertEquals(0, engine.asked.size());
    }

    @Test
    void aResetCancelsToo() throws Exception {
        try (var socket = ask("/v1/chat/completions", TestDaemon.chat("silent", ""))) {
            Await.until("the engine is asked", () -> engine.asked.size() == 1);
            socket.setSoLinger(true, 0);
        }
        Await.until("the engine is free", () -> engine.cancelled.get() == 1);
    }

    /** The control: a client that stays is answered, and nothing is cancelled. */
    @Test
    void stayingDoesNotCancel() throws Exception {
        try (var socket = ask("/v1/chat/completions", TestDaemon.chat("silent", ""))) {
            Await.until("the engine is asked", () -> engine.asked.size() == 1);
            engine.hold.countDown();
            socket.setSoTimeout(20_000);
            var status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            assertEquals("HTTP/1.1 200", status);
        }
        assertEquals(0, engine.cancelled.get());
    }

    /** A request sent while the one before is answered is kept, not lost to the watcher. */
    @Test
    void aPipelinedRequestIsAnsweredAfterwards() throws Exception {
        try (var socket = ask("/v1/chat/completions", TestDaemon.chat("silent", ""))) {
            Await.until("the engine is asked", () -> engine.asked.size() == 1);
            socket.getOutputStream()
                    .write("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            engine.hold.countDown();
            socket.setSoTimeout(20_000);
            var both = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(both.contains("late") && both.endsWith("{\"status\":\"ok\"}"), both);
        }
        assertEquals(0, engine.cancelled.get());
    }

    @Test
    void oneConnectionServesManyRequests() throws Exception {
        try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
            socket.setSoTimeout(20_000);
            for (var i = 0; i < 20; i++) {
                write(socket, "/v1/chat/completions", TestDaemon.chat("three", ""));
                var head = new StringBuilder();
                while (!head.toString().endsWith("\r\n\r\n")) {
                    head.append((char) socket.getInputStream().read());
                }
                var length = head.toString().replaceFirst("(?si).*content-length: *(\\d+).*", "$1");
                var body = socket.getInputStream().readNBytes(Integer.parseInt(length));
                assertTrue(new String(body, StandardCharsets.UTF_8).contains("one two three"));
            }
        }
    }

    private Socket ask(String path, String body) throws IOException {
        var socket = new Socket(daemon.url.getHost(), daemon.url.getPort());
        write(socket, path, body);
        return socket;
    }

    private static void write(Socket socket, String path, String body) throws IOException {
        var head = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + TestDaemon.KEY
                + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n";
        socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
    }
}
