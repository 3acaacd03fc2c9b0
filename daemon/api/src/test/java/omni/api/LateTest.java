package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that take their time: with a request, between two, or with taking the answer. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LateTest {
    private FakeEngine engine;
    private TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(
                home,
                home.resolve("engine.sock"),
                "request_timeout = \"300ms\"",
                "write_timeout = \"300ms\"",
                "idle_timeout = \"1s\"");
    }

    @AfterAll
    void stop() {
        daemon.close();
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "POST /v1/chat/completions HTTP/1.1\r\nHost: loc",
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        + "omni-testtesttesttesttesttesttesttesttesttesttest\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 100\r\n\r\n{",
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        + "omni-testtesttesttesttesttesttesttesttesttesttest\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
            })
    void aRequestThatNeverEndsIsEnded(String beginning) throws Exception {
        var answer = raw(beginning);

        assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 408 "), answer);
        assertEquals(beginning.isEmpty(), answer.isEmpty());
    }

    @Test
    void aRequestThatDripsIsEndedToo() throws Exception {
        try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
            var out = socket.getOutputStream();
            var drip = Thread.ofVirtual().start(() -> {
                try {
                    out.write("GET /health HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
                    while (true) {
                        out.write('x');
                        LockSupport.parkNanos(20_000_000);
                    }
                } catch (IOException e) {
                    assertTrue(socket.isClosed() || e.getMessage() != null);
                }
            });
            socket.setSoTimeout(20_000);
            assertTrue(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII)
                    .startsWith("HTTP/1.1 408"));
            drip.join();
        }
    }

    @Test
    void anIdleConnectionIsClosedAfterItsRequest() throws Exception {
        var answer = raw("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");

        assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        assertEquals(1, answer.split("HTTP/1.1", -1).length - 1, answer);
    }

    @Test
    void aConnectionThatWantsToCloseIsClosedAtOnce() throws Exception {
        var answer = raw("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    }

    @Test
    void twoRequestsAtOnceAreAnsweredInOrder() throws Exception {
        var one = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
        var answer = raw(one + one.replace("/health", "/nowhere"));

        assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        assertTrue(answer.indexOf("HTTP/1.1 401 ") > 0, answer);
    }

    @Test
    void aClientThatTakesNothingLosesItsAnswer() throws Exception {
        var before = engine.cancelled.get();
        try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
            var body = TestDaemon.chat("endless", ",\"stream\":true");
            socket.getOutputStream()
                    .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                    + TestDaemon.KEY + "\r\nContent-Type: application/json\r\nContent-Length: "
                                    + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.UTF_8));
            Await.until("the engine is free", () -> engine.cancelled.get() > before);
        }
    }

    /** Sends bytes and reads until the daemon closes. */
    private String raw(String request) throws IOException {
        try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
