package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import omni.fetch.FetchProtocol.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One request: redirects, tokens, TLS, headers, stalls, cancellation. */
final class HttpTest {
    @TempDir
    Path folder;

    private final Cancellation cancellation = new Cancellation();
    private final List<String> notes = new ArrayList<>();
    private final Asker asker = new Asker(cancellation, notes::add);

    private static Http http(Optional<SSLContext> trust) {
        return new Http(Rig.IMPATIENT, Optional.empty(), trust, Clock.systemUTC());
    }

    private Answer get(Http http, URI uri) throws IOException {
        return http.get(uri, Map.of(), Optional.of("Bearer token"), cancellation);
    }

    private void refused(Http http, URI uri, String words) {
        FetchException failed = assertThrows(FetchException.class, () -> get(http, uri));
        assertEquals(Reason.REFUSED, failed.reason());
        assertTrue(failed.getMessage().contains(words), failed.getMessage());
    }

    @Test
    void redirectsAreFollowedUpToABoundAndKeepTheTokenOnTheirServer() throws IOException {
        try (var http = http(Optional.empty());
                var server = new TestServer((request, reply) -> {
                    int left = Integer.parseInt(request.path().substring(1));
                    if (left == 0) {
                        reply.send(200, new byte[] {7});
                    } else {
                        reply.redirect(307, "/" + (left - 1));
                    }
                })) {
            try (Answer answer = get(http, server.at("/" + Http.REDIRECTS_MAX))) {
                assertArrayEquals(new byte[] {7}, answer.all(1, "thing"));
            }
            assertTrue(
                    server.seen.stream().allMatch(r -> r.header("authorization").isPresent()));
            refused(http, server.at("/" + (Http.REDIRECTS_MAX + 1)), "more than 10");
        }
    }

    @Test
    void aTokenGoesToNoOtherServerAndComesBackToItsOwn() throws IOException {
        try (var http = http(Optional.empty());
                var other = new TestServer(
                        (request, reply) -> reply.redirect(302, request.path().substring(1)));
                var server = new TestServer((request, reply) -> reply.send(200, new byte[0]))) {
            get(http, server.at("/")).close();
            assertTrue(server.seen.getLast().header("authorization").isPresent(), "the control");
            http.get(other.at("/" + server.at("/x")), Map.of(), Optional.of("Bearer token"), cancellation)
                    .close();
            assertTrue(server.seen.getLast().header("authorization").isEmpty());
        }
    }

    @Test
    void httpsIsNeverLeftForHttpNorForThisMachine() throws Exception {
        SSLContext keys = keys();
        try (var http = http(Optional.of(keys));
                var plain = new TestServer((request, reply) -> reply.send(200, new byte[0]));
                var secure = new TestServer(
                        (request, reply) -> {
                            if (request.path().equals("/down")) {
                                reply.redirect(302, plain.base().toString());
                            } else {
                                reply.send(200, new byte[] {1});
                            }
                        },
                        Optional.of(keys))) {
            try (Answer answer = get(http, secure.at("/ok"))) {
                assertEquals(200, answer.status());
            }
            refused(http, secure.at("/down"), "from https to http");
            assertEquals(0, plain.seen.size());
            FetchException inward = assertThrows(
                    FetchException.class, () -> Address.redirect(URI.create("https://h/"), "https://localhost/"));
            assertTrue(inward.getMessage().contains("into this machine"));
            assertThrows(FetchException.class, () -> Address.redirect(URI.create("https://h/"), "http://h/"));
            assertEquals(URI.create("https://g/x"), Address.redirect(URI.create("https://h/"), "//g/x"));
        }
    }

    @Test
    void aServerThatCannotProveItselfIsRefusedAtOnce() throws Exception {
        try (var http = http(Optional.empty());
                var secure = new TestServer((request, reply) -> reply.send(200, new byte[0]), Optional.of(keys()))) {
            FetchException failed = assertThrows(
                    FetchException.class,
                    () -> http.small(secure.at("/"), Map.of(), Authorizer.fixed(Optional.empty()), 10, "thing", asker));
            assertEquals(Reason.REFUSED, failed.reason());
            assertEquals(0, secure.seen.size());
        }
    }

    private SSLContext keys() throws Exception {
        Path file = folder.resolve("keys.p12");
        if (!Files.exists(file)) {
            Process keytool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-alias",
                            "a",
                            "-keyalg",
                            "EC",
                            "-dname",
                            "CN=localhost",
                            "-ext",
                            "SAN=dns:localhost",
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            "password",
                            "-keystore",
                            file.toString())
                    .redirectErrorStream(true)
                    .start();
            keytool.getInputStream().readAllBytes();
            assertEquals(0, keytool.waitFor());
        }
        KeyStore store = KeyStore.getInstance(file.toFile(), "password".toCharArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, "password".toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void headersHaveABound() throws IOException {
        try (var http = http(Optional.empty());
                var server = new TestServer((request, reply) -> reply.head(
                        200,
                        "Content-Length: 0",
                        "X-Fill: " + "x".repeat(Integer.parseInt(request.path().substring(1)))))) {
            get(http, server.at("/60000")).close();
            assertThrows(IOException.class, () -> get(http, server.at("/" + Http.HEADER_BYTES_MAX)));
        }
    }

    @Test
    void bodiesOfSmallThingsHaveABound() throws IOException {
        byte[] body = new byte[11];
        try (var http = http(Optional.empty());
                var server = new TestServer((request, reply) -> reply.send(200, body))) {
            Authorizer nobody = Authorizer.fixed(Optional.empty());
            assertEquals(11, http.small(server.at("/"), Map.of(), nobody, 11, "thing", asker).length);
            FetchException failed = assertThrows(
                    FetchException.class, () -> http.small(server.at("/"), Map.of(), nobody, 10, "thing", asker));
            assertEquals(Reason.REFUSED, failed.reason());
        }
    }

    @Test
    void whatStallsOrTricklesIsGivenUp() throws IOException {
        try (var http = http(Optional.empty());
                var server = new TestServer((request, reply) -> {
                    if (request.path().equals("/head")) {
                        reply.stall();
                    }
                    reply.head(200, "Content-Length: 1000000");
                    while (request.path().equals("/trickle")) {
                        reply.out.write(1);
                        reply.out.flush();
                        java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
                    }
                    reply.stall();
                })) {
            assertThrows(IOException.class, () -> get(http, server.at("/head")));
            for (String path : new String[] {"/body", "/trickle"}) {
                try (Answer answer = get(http, server.at(path))) {
                    IOException failed =
                            assertThrows(IOException.class, () -> answer.body().readAllBytes());
                    assertTrue(String.valueOf(failed.getMessage()).contains("stalled"), failed::toString);
                }
            }
        }
    }

    @Test
    void cancellingEndsARequestThatWaits() throws IOException {
        try (var http = new Http(
                        new FetchConfigDefaults().config().patience(),
                        Optional.empty(),
                        Optional.empty(),
                        Clock.systemUTC());
                var server = new TestServer((request, reply) -> reply.stall())) {
            Thread.ofVirtual().start(() -> {
                Await.until("the request", () -> !server.seen.isEmpty());
                cancellation.cancel();
            });
            FetchException failed = assertThrows(FetchException.class, () -> get(http, server.at("/")));
            assertEquals(Reason.CANCELLED, failed.reason());
        }
    }

    @Test
    void aProxyOfTheEnvironmentOrOfJavaIsNotAskedAndOneThatIsSetIs() throws IOException {
        try (var proxy = new TestServer((request, reply) -> reply.send(200, new byte[] {9}));
                var server = new TestServer((request, reply) -> reply.send(200, new byte[] {1}))) {
            System.setProperty("http.proxyHost", "127.0.0.1");
            System.setProperty("http.proxyPort", String.valueOf(proxy.base().getPort()));
            System.setProperty("http.nonProxyHosts", "");
            try (var http = http(Optional.empty());
                    Answer answer = get(http, server.at("/"))) {
                assertArrayEquals(new byte[] {1}, answer.all(1, "thing"));
            } finally {
                System.clearProperty("http.proxyHost");
                System.clearProperty("http.proxyPort");
                System.clearProperty("http.nonProxyHosts");
            }
            assertEquals(0, proxy.seen.size());
            var address = java.net.InetSocketAddress.createUnresolved(
                    "127.0.0.1", proxy.base().getPort());
            try (var http = new Http(Rig.IMPATIENT, Optional.of(address), Optional.empty(), Clock.systemUTC());
                    Answer answer = get(http, server.at("/"))) {
                assertArrayEquals(new byte[] {9}, answer.all(1, "thing"));
            }
        }
    }

    @Test
    void whoAsksIsToldWhyThereIsNoAnswerYet() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (var http = http(Optional.empty());
                var server = new TestServer((request, reply) -> reply.send(
                        asked.incrementAndGet() == 1 ? 503 : 200, "x".getBytes(StandardCharsets.US_ASCII)))) {
            http.small(server.at("/"), Map.of(), Authorizer.fixed(Optional.empty()), 1, "thing", asker);
            assertEquals(4, notes.size(), notes.toString());
            assertTrue(notes.get(0).contains("answers 503 for thing; tries again in 1 s"), notes.toString());
            assertEquals("", notes.get(1));
            assertTrue(notes.get(2).endsWith("answers 503 for thing; trying again"), notes.toString());
            assertEquals("", notes.get(3));
        }
    }

    @Test
    void aHostThatCannotBeReachedIsNamed() throws IOException {
        URI gone;
        try (var server = new TestServer((request, reply) -> reply.send(200, new byte[0]))) {
            gone = server.at("/");
        }
        try (var http = http(Optional.empty())) {
            FetchException failed = assertThrows(
                    FetchException.class,
                    () -> http.small(gone, Map.of(), Authorizer.fixed(Optional.empty()), 1, "thing", asker));
            assertEquals(Reason.UNREACHABLE, failed.reason());
            assertTrue(failed.getMessage().contains("no connection to " + gone.getHost()), failed.getMessage());
        }
    }

    @Test
    void patienceHasAnEndAndRetryAfterABound() throws IOException {
        try (var http = http(Optional.empty());
                var server = new TestServer((request, reply) -> reply.send(
                        503, new byte[0], "Retry-After: " + request.path().substring(1)))) {
            Authorizer nobody = Authorizer.fixed(Optional.empty());
            FetchException worn = assertThrows(
                    FetchException.class, () -> http.small(server.at("/0"), Map.of(), nobody, 1, "thing", asker));
            assertEquals(Reason.UNREACHABLE, worn.reason());
            assertEquals(Rig.IMPATIENT.failuresMax() + 1, server.seen.size());
            FetchException late = assertThrows(
                    FetchException.class, () -> http.small(server.at("/3"), Map.of(), nobody, 1, "thing", asker));
            assertTrue(late.getMessage().contains("in 3 s"), late.getMessage());
            assertEquals(Rig.IMPATIENT.failuresMax() + 2, server.seen.size());
        }
    }
}
