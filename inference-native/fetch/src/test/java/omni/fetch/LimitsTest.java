package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.fetch.FetchProtocol.BroughtKind;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a source may say at most, and one more. */
final class LimitsTest {
    @TempDir
    Path home;

    private static FetchException failure(Reason reason, Runnable work) {
        FetchException failed = assertThrows(FetchException.class, work::run);
        assertEquals(reason, failed.reason(), failed.getMessage());
        return failed;
    }

    private static Plan.Item item(String name, long bytes) {
        return new Plan.Item(
                name,
                name,
                URI.create("https://h/"),
                bytes,
                Optional.empty(),
                FileAssurance.COMPUTED,
                Optional.empty());
    }

    private static Plan plan(List<Plan.Item> items) {
        return new Plan(
                BroughtKind.URL,
                "x",
                Optional.empty(),
                "x",
                Optional.of("l".repeat(300)),
                Optional.empty(),
                Optional.empty(),
                items,
                Authorizer.fixed(Optional.empty()));
    }

    @Test
    void aModelHasBoundedFilesOfBoundedLengthAndDifferentNames() {
        List<Plan.Item> items = new ArrayList<>();
        for (int i = 0; i < Plan.ITEMS_MAX; i++) {
            items.add(item("f" + i, 1));
        }
        assertEquals(Plan.ITEMS_MAX, plan(items).bytes());
        assertEquals(256, plan(items).licence().orElseThrow().length());
        items.add(item("one more", 1));
        failure(Reason.REFUSED, () -> plan(items));
        failure(Reason.REFUSED, () -> plan(List.of()));
        failure(Reason.REFUSED, () -> plan(List.of(item("a", 1), item("a", 1))));
        item("a", Plan.Item.BYTES_MAX);
        failure(Reason.REFUSED, () -> item("a", Plan.Item.BYTES_MAX + 1));
        failure(Reason.REFUSED, () -> item("a", 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../a.gguf", "a/../b.gguf", "/etc/a.gguf", "a\\..\\b.gguf", "..", "a\0b", "", "...", "a/"})
    void aNameLeadsNowhereElse(String path) {
        failure(Reason.REFUSED, () -> Plan.fileName(path));
    }

    @Test
    void namesAreMadeFitForThisDisk() {
        assertEquals("m-odel.gguf", Plan.fileName("dir/m odel.gguf"));
        assertEquals("hidden.gguf", Plan.fileName(".hidden.gguf"));
        assertEquals("x".repeat(200), Plan.fileName("x".repeat(200)));
        failure(Reason.REFUSED, () -> Plan.fileName("x".repeat(201)));
        assertEquals("x".repeat(64), Plan.modelName("x".repeat(65)));
        assertEquals("model", Plan.modelName("default"));
        assertEquals("model", Plan.modelName("…"));
    }

    @Test
    void aListingThatPointsOutsideIsRefusedWhole() throws IOException {
        FakeHub hub = new FakeHub();
        hub.files.put("good-Q8_0.gguf", Rig.content(1, 10));
        try (var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            assertArrayEquals(hub.files.get("good-Q8_0.gguf"), Rig.only(rig.pull("acme/tiny")));
            hub.files.put("../../../keys.json.gguf", Rig.content(2, 10));
            failure(Reason.REFUSED, () -> rig.pull("acme/tiny:Q8_0"));
            try (var all = Files.walk(home)) {
                assertTrue(all.noneMatch(file -> file.toString().contains("keys.json")));
            }
        }
    }

    @Test
    void pagesOfAListAreBoundedAndStayAtTheirHost() throws IOException {
        FakeHub hub = new FakeHub();
        hub.files.put("m-Q8_0.gguf", Rig.content(1, 10));
        int[] pages = {0};
        try (var elsewhere = new TestServer((request, reply) -> reply.json("[]"));
                var server = new TestServer((request, reply) -> {
                    if (request.path().contains("/tree/") && pages[0] > 1) {
                        pages[0]--;
                        reply.json(
                                "[]",
                                "Link: </api/models/acme/tiny/tree/" + FakeHub.COMMIT + "?cursor=x>; rel=\"next\"");
                    } else if (request.path().contains("/tree/") && pages[0] < 0) {
                        reply.json("[]", "Link: <" + elsewhere.at("/more") + ">; rel=\"next\"");
                    } else {
                        hub.handle(request, reply);
                    }
                });
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            pages[0] = HuggingFaceSource.PAGES_MAX;
            rig.pull("acme/tiny");
            pages[0] = HuggingFaceSource.PAGES_MAX + 1;
            failure(Reason.REFUSED, () -> rig.pull("acme/tiny"));
            pages[0] = -1;
            failure(Reason.REFUSED, () -> rig.pull("acme/tiny"));
            assertEquals(0, elsewhere.seen.size());
        }
    }

    @Test
    void manifestsHaveBounds() throws IOException {
        FakeRegistry registry = new FakeRegistry();
        String layer = "{\"mediaType\":\"x\",\"digest\":\"sha256:" + "0".repeat(64) + "\",\"size\":1},";
        String many = "{\"layers\":[" + layer.repeat(RegistrySource.LAYERS_MAX);
        registry.publish("a/b", "many", many.substring(0, many.length() - 1) + "]}");
        registry.publish("a/b", "more", many + layer.substring(0, layer.length() - 1) + "]}");
        String large = "{\"layers\":[],\"x\":\"";
        int fill = RegistrySource.MANIFEST_BYTES_MAX - large.length() - 2;
        registry.publish("a/b", "large", large + "x".repeat(fill) + "\"}");
        registry.publish("a/b", "larger", large + "x".repeat(fill + 1) + "\"}");
        registry.publish("a/b", "nonsense", "[");
        registry.publish("a/b", "md5", "{\"layers\":[{\"mediaType\":\"gguf\",\"digest\":\"md5:00\",\"size\":1}]}");
        registry.publish(
                "a/b",
                "negative",
                "{\"layers\":["
                        + layer.replace("\"x\"", "\"gguf\"")
                                .replace(":1}", ":-1}")
                                .replace("},", "}") + "]}");
        try (var server = new TestServer(registry);
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            String name = "oci:" + server.host() + "/a/b:";
            failure(Reason.MISSING, () -> rig.pull(name + "many"));
            failure(Reason.MISSING, () -> rig.pull(name + "large"));
            for (String bad : List.of("more", "larger", "nonsense", "md5", "negative")) {
                failure(Reason.REFUSED, () -> rig.pull(name + bad));
            }
        }
    }

    @Test
    void textsBesideAModelHaveABound() throws IOException {
        FakeRegistry registry = new FakeRegistry();
        for (int length : List.of(RegistrySource.TEXT_BYTES_MAX, RegistrySource.TEXT_BYTES_MAX + 1)) {
            registry.layer("application/vnd.ollama.image.model", Rig.content(1, 10), "");
            registry.layer(
                    "application/vnd.ollama.image.license",
                    "x".repeat(length).getBytes(java.nio.charset.StandardCharsets.UTF_8),
                    "");
            registry.publish("library/m", String.valueOf(length));
        }
        try (var server = new TestServer(registry);
                var rig = new Rig(home, Rig.NOWHERE, server.base().toString())) {
            rig.pull("ollama:m:" + RegistrySource.TEXT_BYTES_MAX);
            failure(Reason.REFUSED, () -> rig.pull("ollama:m:" + (RegistrySource.TEXT_BYTES_MAX + 1)));
        }
    }

    @Test
    void tokensOfARealmHaveABound() throws IOException {
        for (int length : List.of(30_000, RegistryAuthorizer.TOKEN_BYTES_MAX)) {
            FakeRegistry registry = new FakeRegistry();
            try (var server = new TestServer((request, reply) -> {
                        if (request.path().equals("/token")) {
                            reply.json("{\"token\":\"" + "t".repeat(length) + "\"}");
                        } else if (request.header("authorization").isEmpty()) {
                            reply.send(401, new byte[0], "WWW-Authenticate: Bearer realm=\"/token\"");
                        } else {
                            registry.handle(request, reply);
                        }
                    });
                    var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
                Reason expected = length < RegistryAuthorizer.TOKEN_BYTES_MAX ? Reason.MISSING : Reason.REFUSED;
                failure(expected, () -> rig.pull("oci:" + server.host() + "/a/b"));
            }
        }
    }

    @Test
    void aFileHasBoundedParts() {
        long most = (long) Journal.PARTS_MAX << 20;
        assertEquals(1 << 20, Journal.partBytes(most, 1 << 20));
        assertEquals(2 << 20, Journal.partBytes(most + 1, 1 << 20));
        assertTrue(Plan.Item.BYTES_MAX / Journal.partBytes(Plan.Item.BYTES_MAX, 1 << 20) <= Journal.PARTS_MAX);
    }

    @Test
    void pullsThatAreKeptHaveABound() throws IOException {
        byte[] content = Rig.content(1, 10);
        try (var server = new TestServer((request, reply) -> reply.file(request, content, "\"v\""));
                var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE)) {
            for (int i = 0; i < Pulls.KEPT_MAX; i++) {
                rig.pull(server.at("/" + i).toString());
            }
            failure(Reason.REFUSED, () -> rig.pull(server.at("/more").toString()));
            rig.pull(server.at("/0").toString());
        }
    }

    @Test
    void pullsAtATimeHaveABound() throws Exception {
        byte[] content = Rig.content(1, 10);
        try (var server = new TestServer((request, reply) -> {
                    if (request.path().startsWith("/wait")) {
                        reply.stall();
                    }
                    reply.file(request, content, "\"v\"");
                });
                var rig = new Rig(
                        home,
                        Rig.NOWHERE,
                        Rig.NOWHERE,
                        new FetchConfigDefaults().config().patience(),
                        Optional.empty(),
                        new Pulls.Box(() -> 1L << 40, () -> 1L << 40))) {
            List<Thread> waiting = new ArrayList<>();
            for (int i = 0; i < Pulls.RUNNING_MAX; i++) {
                String source = server.at("/wait" + i).toString();
                waiting.add(Thread.ofVirtual().start(() -> failure(Reason.CANCELLED, () -> rig.pull(source))));
            }
            Await.until("all wait", () -> server.seen.size() == Pulls.RUNNING_MAX);
            failure(Reason.BUSY, () -> rig.pull(server.at("/more").toString()));
            failure(Reason.BUSY, () -> rig.pull(server.at("/wait0").toString()));
            rig.cancellation.cancel();
            for (Thread thread : waiting) {
                thread.join();
            }
        }
    }
}
