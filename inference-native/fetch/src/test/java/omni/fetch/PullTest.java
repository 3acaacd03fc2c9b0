package omni.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.BroughtKind;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole pulls from each kind of source, and what each kind of trouble comes to. */
final class PullTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path home;

    private static FetchException failure(Reason reason, Runnable work) {
        FetchException failed = assertThrows(FetchException.class, work::run);
        assertEquals(reason, failed.reason(), failed.getMessage());
        return failed;
    }

    @Test
    void bringsTheBestFileOfARepositoryInParallelParts() throws IOException {
        FakeHub hub = new FakeHub();
        byte[] content = Rig.content(1, 3 * MIB + 5);
        hub.files.put("tiny-Q4_K_M.gguf", Rig.content(2, MIB));
        hub.files.put("tiny-Q8_0.gguf", content);
        hub.files.put("mmproj-tiny-F16.gguf", Rig.content(3, 99));
        try (var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            Brought brought = rig.pull("acme/tiny");
            assertArrayEquals(content, Rig.only(brought));
            assertEquals(BroughtKind.HUGGINGFACE, brought.kind());
            assertEquals("tiny-Q8_0", brought.name());
            assertEquals("apache-2.0", brought.licence());
            assertEquals(FakeHub.COMMIT, brought.revision());
            assertEquals(FileAssurance.SOURCE, brought.files().getFirst().assurance());
            assertEquals(4, server.count("/signed/"), "a part each");
            assertArrayEquals(hub.files.get("tiny-Q4_K_M.gguf"), Rig.only(rig.pull("acme/tiny:q4_k_m")));
            assertArrayEquals(hub.files.get("tiny-Q4_K_M.gguf"), Rig.only(rig.pull("acme/tiny:tiny-Q4_K_M.gguf")));
        }
    }

    @Test
    void splitFilesAreOneModel() throws IOException {
        FakeHub hub = new FakeHub();
        for (int i = 1; i <= 3; i++) {
            hub.files.put("Q4_K_M/tiny-Q4_K_M-0000" + i + "-of-00003.gguf", Rig.content(i, 1000 * i));
        }
        try (var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            Brought brought = rig.pull("acme/tiny");
            assertEquals(
                    List.of(
                            "tiny-Q4_K_M-00001-of-00003.gguf",
                            "tiny-Q4_K_M-00002-of-00003.gguf",
                            "tiny-Q4_K_M-00003-of-00003.gguf"),
                    brought.files().stream().map(FetchProtocol.File::name).toList());
            failure(Reason.INVALID, () -> rig.pull("acme/tiny", "ab".repeat(32)));
        }
    }

    @Test
    void aWholePullIsListedUntilItIsForgottenAndNotFetchedAgain() throws IOException {
        FakeHub hub = new FakeHub();
        hub.files.put("a-Q4_0.gguf", Rig.content(1, 5000));
        try (var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            Brought brought = rig.pull("acme/tiny");
            long served = server.bodyBytes.get();
            rig.pull("acme/tiny");
            assertTrue(server.bodyBytes.get() - served < 2000, "only the lists came again");
            assertTrue(rig.pulls.list().getFirst().whole());
            rig.pulls.forget(brought.pull());
            assertEquals(List.of(), rig.pulls.list());
            assertFalse(Files.exists(rig.folder.resolve(brought.pull())));
            failure(Reason.MISSING, () -> forget(rig, brought.pull()));
            failure(Reason.INVALID, () -> forget(rig, "../.."));
        }
    }

    private static void forget(Rig rig, String pull) {
        try {
            rig.pulls.forget(pull);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aSignedAddressThatExpiresIsAskedForAgain() throws IOException {
        FakeHub hub = new FakeHub();
        byte[] content = Rig.content(4, 6 * MIB);
        hub.files.put("a-Q4_0.gguf", content);
        hub.signatureUses = 2;
        try (var storage = new TestServer((request, reply) -> hub.signed(request, reply, request.path()));
                var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            hub.storage = storage.base().toString();
            assertArrayEquals(content, Rig.only(rig.pull("acme/tiny")));
            assertTrue(hub.signed.get() >= 3, () -> "signed " + hub.signed.get());
        }
    }

    @Test
    void aGatedModelNeedsItsTokenWhichGoesToNoOtherHost() throws IOException {
        FakeHub hub = new FakeHub();
        byte[] content = Rig.content(5, 5000);
        hub.files.put("a-Q4_0.gguf", content);
        hub.token = "secret-token";
        try (var storage = new TestServer((request, reply) -> hub.signed(request, reply, request.path()));
                var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            hub.storage = storage.base().toString();
            FetchException gated = failure(Reason.UNAUTHORIZED, () -> rig.pull("acme/tiny"));
            assertEquals(Optional.of(server.host()), gated.host());
            hub.listsOpenly = true;
            FetchException files = failure(Reason.UNAUTHORIZED, () -> rig.pull("acme/tiny"));
            assertTrue(files.getMessage().contains("accept the model's terms"), files.getMessage());
            rig.tokens.put(server.host(), "", "secret-token");
            assertArrayEquals(content, Rig.only(rig.pull("acme/tiny")));
            assertTrue(
                    server.seen.stream().anyMatch(r -> r.header("authorization").isPresent()), "the control");
            assertTrue(storage.seen.stream()
                    .noneMatch(r -> r.header("authorization").isPresent()));
            rig.tokens.put(server.host(), "", "another");
            FetchException refused = failure(Reason.UNAUTHORIZED, () -> rig.pull("acme/tiny:Q4_0"));
            assertFalse(refused.getMessage().contains("another"));
        }
    }

    @Test
    void bringsAnOllamaModelWithItsParametersAndLicence() throws IOException {
        FakeRegistry registry = new FakeRegistry();
        byte[] content = Rig.content(6, 2 * MIB);
        registry.layer("application/vnd.ollama.image.model", content, "");
        registry.layer("application/vnd.ollama.image.template", "{{ .Prompt }}".getBytes(UTF_8), "");
        registry.layer("application/vnd.ollama.image.license", "\n MIT License\nCopyright".getBytes(UTF_8), "");
        registry.layer(
                "application/vnd.ollama.image.params",
                "{\"temperature\":0.5,\"top_k\":7,\"stop\":[\"x\"]}".getBytes(UTF_8),
                "");
        String digest = registry.publish("library/tiny", "1b");
        try (var server = new TestServer(registry);
                var rig = new Rig(home, Rig.NOWHERE, server.base().toString())) {
            Brought brought = rig.pull("ollama:tiny:1b");
            assertArrayEquals(content, Rig.only(brought));
            assertEquals("tiny:1b", brought.name());
            assertEquals("MIT License", brought.licence());
            assertEquals(digest, brought.revision());
            assertEquals(new FetchProtocol.Parameters(0.5, null, 7L, null, null), brought.parameters());
            assertEquals(null, brought.template());
            failure(Reason.MISSING, () -> rig.pull("ollama:tiny:2b"));
        }
    }

    @Test
    void aRegistryHandsOutTokensThatExpireMeanwhile() throws IOException {
        FakeRegistry registry = new FakeRegistry();
        byte[] content = Rig.content(7, 6 * MIB);
        registry.layer("application/vnd.docker.ai.gguf.v3", content, "");
        registry.layer("application/vnd.docker.ai.chat.template.jinja", "{{ messages }}".getBytes(UTF_8), "");
        String digest = registry.publish("ai/tiny", "q4");
        registry.wantsToken = true;
        registry.tokenUses = 2;
        registry.basic = "Basic dXNlcjpwYXNz"; // user:pass
        try (var server = new TestServer(registry);
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            registry.realm = server.base().toString();
            failure(Reason.UNAUTHORIZED, () -> rig.pull("oci:" + server.host() + "/ai/tiny:q4"));
            rig.tokens.put(server.host(), "user", "pass");
            Brought brought = rig.pull("oci:" + server.host() + "/ai/tiny:q4");
            assertArrayEquals(content, Rig.only(brought));
            assertEquals("{{ messages }}", brought.template());
            assertTrue(registry.tokens.get() >= 3, () -> "tokens " + registry.tokens.get());
            assertArrayEquals(content, Rig.only(rig.pull("oci:" + server.host() + "/ai/tiny@" + digest)));
        }
    }

    @Test
    void aRealmElsewhereGetsNoPasswordOfTheRegistry() throws IOException {
        FakeRegistry registry = new FakeRegistry();
        registry.layer("x/gguf", Rig.content(7, 99), "");
        registry.publish("ai/tiny", "latest");
        registry.wantsToken = true;
        try (var thief = new TestServer((request, reply) -> reply.send(401, new byte[0]));
                var server = new TestServer(registry);
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            registry.realm = thief.base().toString();
            rig.tokens.put(server.host(), "user", "pass");
            FetchException failed = failure(Reason.UNAUTHORIZED, () -> rig.pull("oci:" + server.host() + "/ai/tiny"));
            assertEquals(Optional.of(thief.host()), failed.host());
            assertTrue(
                    thief.seen.stream().noneMatch(r -> r.header("authorization").isPresent()));
            rig.tokens.put(thief.host(), "user", "pass"); // the control: what was given for it, it gets
            failure(Reason.UNAUTHORIZED, () -> rig.pull("oci:" + server.host() + "/ai/tiny"));
            assertTrue(thief.seen.getLast().header("authorization").isPresent());
        }
    }

    @Test
    void aManifestThatIsNotTheDigestsIsRefused() throws IOException {
        FakeRegistry registry = new FakeRegistry();
        registry.layer("x/gguf", Rig.content(8, 99), "");
        String digest = registry.publish("ai/tiny", "latest");
        try (var server = new TestServer(registry);
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            String source = "oci:" + server.host() + "/ai/tiny@" + digest;
            rig.pull(source);
            registry.replaceManifest("ai/tiny", digest, "{\"layers\":[]}");
            failure(Reason.CONTENT, () -> rig.pull(source));
        }
    }

    @Test
    void anIndexWithOneImageLeadsToIt() throws IOException {
        FakeRegistry registry = new FakeRegistry();
        byte[] content = Rig.content(9, 99);
        registry.layer("application/octet-stream", content, "one.gguf");
        String digest = registry.publish("ai/tiny", "image");
        String image = "{\"digest\":\"" + digest + "\"}";
        String attestation = "{\"digest\":\"sha256:" + "0".repeat(64) + "\",\"platform\":{\"os\":\"unknown\"}}";
        registry.publish("ai/tiny", "latest", "{\"manifests\":[" + image + "," + attestation + "]}");
        registry.publish("ai/tiny", "two", "{\"manifests\":[" + image + "," + image + "]}");
        try (var server = new TestServer(registry);
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            assertArrayEquals(content, Rig.only(rig.pull("oci:" + server.host() + "/ai/tiny")));
            failure(Reason.AMBIGUOUS, () -> rig.pull("oci:" + server.host() + "/ai/tiny:two"));
        }
    }

    @Test
    void bringsAnAddressAndSaysWhoVouchesForIt() throws IOException {
        byte[] content = Rig.content(10, 2 * MIB + 1);
        try (var server = new TestServer((request, reply) -> reply.file(request, content, "\"v1\""));
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            Brought computed = rig.pull(server.at("/a/My%20Model.gguf").toString());
            assertArrayEquals(content, Rig.only(computed));
            assertEquals(FileAssurance.COMPUTED, computed.files().getFirst().assurance());
            assertEquals("My-Model", computed.name());
            assertEquals(Hash.of(content), computed.files().getFirst().sha256());
            Brought vouched =
                    rig.pull(server.at("/b.gguf").toString(), Hash.of(content).toUpperCase(java.util.Locale.ROOT));
            assertEquals(FileAssurance.CALLER, vouched.files().getFirst().assurance());
            failure(Reason.CONTENT, () -> rig.pull(server.at("/c.gguf").toString(), "ab".repeat(32)));
            failure(Reason.INVALID, () -> rig.pull(server.at("/c.gguf").toString(), "ab".repeat(31)));
            assertTrue(rig.pulls.list().stream().noneMatch(u -> u.source().contains("c.gguf") && u.whole()));
        }
    }

    @Test
    void whatIsNoGgufFileIsDeleted() throws IOException {
        byte[] page = "<html>Sign in</html>".getBytes(UTF_8);
        try (var server = new TestServer((request, reply) -> reply.file(request, page, "\"v\""));
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            failure(Reason.CONTENT, () -> rig.pull(server.at("/m.gguf").toString()));
            assertEquals(0, rig.pulls.list().getFirst().bytes());
        }
    }

    @Test
    void aFileThatChangesWhileItComesIsNoMixture() throws IOException {
        byte[] before = Rig.content(11, 4 * MIB);
        byte[] after = Rig.content(12, 4 * MIB);
        AtomicInteger requests = new AtomicInteger();
        try (var server = new TestServer((request, reply) -> {
                    boolean old = requests.incrementAndGet() <= 3;
                    reply.file(request, old ? before : after, old ? "\"v1\"" : "\"v2\"");
                });
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            failure(Reason.CONTENT, () -> rig.pull(server.at("/m.gguf").toString()));
            assertArrayEquals(after, Rig.only(rig.pull(server.at("/m.gguf").toString())));
        }
    }

    @Test
    void aServerWithoutRangesIsReadInOnePiece() throws IOException {
        byte[] content = Rig.content(13, 3 * MIB);
        try (var server = new TestServer((request, reply) -> reply.send(200, content));
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            assertArrayEquals(content, Rig.only(rig.pull(server.at("/m.gguf").toString())));
            assertEquals(content.length, rig.meter.bytes());
        }
    }

    @Test
    void aServerThatSaysNoLengthIsRefused() throws IOException {
        try (var server = new TestServer((request, reply) -> reply.head(200));
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            failure(Reason.REFUSED, () -> rig.pull(server.at("/m.gguf").toString()));
        }
    }

    @Test
    void theDiskIsLookedAtFirst() throws IOException {
        FakeHub hub = new FakeHub();
        hub.files.put("a-Q4_0.gguf", Rig.content(1, 1000));
        for (int free : List.of(999, 1000)) {
            try (var server = new TestServer(hub);
                    var rig = new Rig(
                            home,
                            server.base().toString(),
                            Rig.NOWHERE,
                            Rig.IMPATIENT,
                            Optional.empty(),
                            new Pulls.Box(() -> 1L << 30, () -> free))) {
                if (free < 1000) {
                    failure(Reason.SPACE, () -> rig.pull("acme/tiny"));
                    failure(Reason.SPACE, () -> rig.pull("acme/tiny:Q4_0"));
                    assertEquals(0, server.count("/signed/"));
                } else {
                    rig.pull("acme/tiny");
                }
            }
        }
    }

    @Test
    void cancellingKeepsWhatHasComeAndTheNextRunGoesOn() throws Exception {
        FakeHub hub = new FakeHub();
        byte[] content = Rig.content(14, 4 * MIB);
        hub.files.put("a-Q4_0.gguf", content);
        hub.bytes = (request, reply, all, tag) -> {
            long from = request.range().orElseThrow()[0];
            if (from == 0) {
                reply.file(request, all, tag);
            } else {
                reply.stall();
            }
        };
        try (var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            Thread stop = Thread.ofVirtual().start(() -> {
                Await.until("the first part", () -> rig.meter.bytes() >= MIB);
                rig.cancellation.cancel();
            });
            failure(Reason.CANCELLED, () -> rig.pull("acme/tiny"));
            stop.join();
            var unfinished = rig.pulls.list().getFirst();
            assertEquals(MIB, unfinished.bytes());
            assertFalse(unfinished.whole());
        }
        hub.bytes = (request, reply, all, tag) -> reply.file(request, all, tag);
        try (var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            assertArrayEquals(content, Rig.only(rig.pull("acme/tiny")));
            assertEquals(3, server.count("/signed/"), "the first part did not come again");
        }
    }
}
