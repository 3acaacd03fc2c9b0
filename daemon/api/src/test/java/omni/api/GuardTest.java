package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in: every refusal has its control that the same request with the right word is let through. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GuardTest {
    private FakeEngine engine;
    private TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(
                home, home.resolve("engine.sock"), "hosts = [\"Omni.home\"]", "origins = [\"https://chat.home\"]");
    }

    @AfterAll
    void stop() {
        daemon.close();
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/models",
                "/v1/models/three",
                "/v1/chat/completions",
                "/v1/completions",
                "/v1/embeddings",
                "/metrics",
                "/nowhere",
                "/api/tags"
            })
    void everyRouteButThoseForAllNeedsAKey(String path) throws Exception {
        for (var authorization : new String[] {
            "X: y",
            "Authorization:",
            "Authorization: Bearer",
            "Authorization: Bearer wrong",
            "Authorization: Bearer " + TestDaemon.KEY + "x",
            "Authorization: Basic " + TestDaemon.KEY,
            "Authorization: " + TestDaemon.KEY,
            "x-api-key: wrong"
        }) {
            var answer = raw("GET " + path, "localhost", authorization);
            assertTrue(answer.startsWith("HTTP/1.1 401 "), authorization + answer);
            assertTrue(answer.contains(path.startsWith("/api") ? "omni key new" : "\"invalid_api_key\""), answer);
        }
        var known = raw("GET " + path, "localhost", "authorization: bearer " + TestDaemon.KEY);
        assertTrue(known.matches("(?s)HTTP/1.1 (200|404|405) .*"), known);
    }

    @Test
    void healthNeedsNoneAndSaysNothing() throws Exception {
        var answer = raw("GET /health", "localhost", "X: y");

        assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        assertTrue(answer.endsWith("\r\n\r\n{\"status\":\"ok\"}"), answer);
    }

    @ParameterizedTest
    @CsvSource({
        "localhost,true",
        "LOCALHOST:11434,true",
        "a.localhost,true",
        "127.0.0.1:11434,true",
        "[::1]:11434,true",
        "192.168.1.7,true",
        "omni.home,true",
        "OMNI.HOME:80,true",
        "evil.example,false",
        "evil.example:11434,false",
        "localhost.evil.example,false",
        "127.0.0.1.evil.example,false",
        "xlocalhost,false",
        "evil-omni.home,false"
    })
    void onlyNamesOfThisBoxAreAnswered(String host, boolean allowed) throws Exception {
        var answer = raw("GET /health", host, "X: y");

        assertEquals(allowed, answer.startsWith("HTTP/1.1 200 "), answer);
        assertEquals(!allowed, answer.contains("\"host_not_allowed\""), answer);
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:3000,true",
        "http://127.0.0.1,true",
        "http://[::1]:8080,true",
        "https://chat.home,true",
        "null,false",
        "https://evil.example,false",
        "https://chat.home.evil.example,false",
        "https://localhost.evil.example,false",
        "https://chat.home:444,false",
        "file://,false",
        "http://127.0.0.1.evil.example,false",
        "nonsense,false"
    })
    void onlyInvitedPagesAreAnswered(String origin, boolean allowed) throws Exception {
        var answer =
                raw("GET /v1/models", "localhost", "Authorization: Bearer " + TestDaemon.KEY + "\r\nOrigin: " + origin);

        assertEquals(allowed, answer.startsWith("HTTP/1.1 200 "), answer);
        assertEquals(!allowed, answer.contains("\"origin_not_allowed\""), answer);
        assertTrue(!answer.toLowerCase(java.util.Locale.ROOT).contains("access-control-"), answer);
    }

    private String raw(String request, String host, String header) throws IOException {
        try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write((request + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + header + "\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
