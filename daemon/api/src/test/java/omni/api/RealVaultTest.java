package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import omni.api.DaemonProtocol.ChatParams;
import omni.api.DaemonProtocol.Message;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.Credential;
import omni.vault.SecretCall;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.RedeemParams;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The daemon over the real role "vault", in this process: made, locked, unlocked by the API, and all that it keeps. */
final class RealVaultTest {
    private static final String PASSWORD = "an owl in the barn";

    private final Credential root = Credential.root();
    private final AtomicBoolean locked = new AtomicBoolean();

    @TempDir
    private Path home;

    @Test
    void isKeptAcrossALockAndAnUnlock() throws Exception {
        try (var vault = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
            ErrorsTest.assertError(daemon.get("/v1/conversations"), 423, "vault_absent");
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));

            ConversationWalk.through(daemon);
            try (var engine = new FakeEngine(home.resolve("engine.sock"))) {
                ResponseWalk.through(daemon, engine);
            }
            daemon.post(
                    "/v1/conversations", "{\"items\":[{\"role\":\"user\",\"content\":\"The barn owl screeches\"}]}");
            daemon.post("/v1/memory", "{\"name\":\"bird\",\"text\":\"an owl\"}");
            ErrorsTest.assertError(
                    daemon.post("/v1/vault/retention", "{\"keep_seconds\":86400}"), 403, "step_up_required");
            var shorter = daemon.request("/v1/vault/retention")
                    .header("Content-Type", "application/json")
                    .header("Omni-Step-Up", permit(TestDaemon.keyId()))
                    .POST(BodyPublishers.ofString("{\"keep_seconds\":86400}"));
            assertEquals(200, daemon.send(shorter).statusCode());
            ErrorsTest.assertError(daemon.post("/v1/memory", "{\"name\":\"\",\"text\":\"a\"}"), 400, "invalid_value");

            assertEquals(
                    200,
                    daemon.send(daemon.request("/v1/vault/lock").POST(BodyPublishers.noBody()))
                            .statusCode());
            Await.until("the vault has locked", locked::get);
            assertEquals(0, vault.faults.get());
        }
        try (var _ = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
            ErrorsTest.assertError(daemon.get("/v1/memory"), 423, "vault_locked");
            ErrorsTest.assertError(unlock(daemon, "a wren in the barn"), 403, "wrong_password");
            assertEquals(200, unlock(daemon, PASSWORD).statusCode());

            var found = TestDaemon.json(daemon.get("/v1/conversations?q=screech"));
            assertEquals("The barn owl screeches", found.at("/data/0/snippet").asString());
            assertEquals(
                    "an owl",
                    TestDaemon.json(daemon.get("/v1/memory")).at("/data/0/text").asString());
            assertEquals(
                    "{\"keep_seconds\":86400}",
                    daemon.get("/v1/vault/retention").body());
            var status = TestDaemon.json(daemon.get("/v1/vault"));
            assertEquals("open", status.get("state").asString());
            assertEquals("none", status.get("boundTo").asString());
        }
    }

    /** Another role learns that the owner was there, once; what it learns it from is in no log. */
    @Test
    void theOwnersPasswordIsAPermitThatAnotherRoleUsesUp() throws Exception {
        try (var log = new CapturedLog();
                var _ = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {});
                var bus = BusClient.to(home.resolve("vault.sock"))) {
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            var stepUp = TestDaemon.json(withPassword(daemon, "/v1/vault/step-up", PASSWORD));
            var permit = stepUp.get("permit").asString();
            var vault = VaultProtocol.Client.of(bus);

            denied(vault, permit, "another key");
            vault.redeem(new RedeemParams(permit, TestDaemon.keyId()));
            denied(vault, permit, TestDaemon.keyId());

            Await.until("it is logged", () -> log.count("http POST /v1/vault/step-up 200") == 1);
            assertEquals(0, log.count(permit));
            assertEquals(0, log.count(PASSWORD));
        }
    }

    /** Locked and open; the old one opens nothing then, wrong ones make the next wait, and no log has either. */
    @Test
    void anotherPasswordOpensTheVaultFromThenOn() throws Exception {
        var next = "a wren in the hedge";
        try (var log = new CapturedLog()) {
            try (var vault = box();
                    var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
                ErrorsTest.assertError(change(daemon, PASSWORD, next), 423, "vault_absent");
                SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
                var permit = permit(TestDaemon.keyId());

                ErrorsTest.assertError(change(daemon, PASSWORD, "short"), 400, "invalid_value");
                ErrorsTest.assertError(change(daemon, "an owl in the attic", next), 403, "wrong_password");
                var early = change(daemon, "an owl in the attic", next);
                while (early.statusCode() == 403) { // judging it takes longer than the first waits
                    early = change(daemon, "an owl in the attic", next);
                }
                ErrorsTest.assertError(early, 429, "rate_limit_exceeded");
                awaitTry(daemon);
                assertEquals(
                        "{\"changed\":true}", change(daemon, PASSWORD, next).body());
                ErrorsTest.assertError(export(daemon, "Omni-Step-Up", permit), 403, "step_up_required");

                ErrorsTest.assertError(change(daemon, PASSWORD, "a third password"), 403, "wrong_password");
                daemon.send(daemon.request("/v1/vault/lock").POST(BodyPublishers.noBody()));
                Await.until("the vault has locked", locked::get);
                assertEquals(0, vault.faults.get());
            }
            try (var _ = box();
                    var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
                awaitTry(daemon);
                assertEquals(200, change(daemon, next, PASSWORD).statusCode(), "locked, as well");
                assertEquals(
                        "sealed",
                        TestDaemon.json(daemon.get("/v1/vault")).get("state").asString());
                ErrorsTest.assertError(unlock(daemon, next), 403, "wrong_password");
                awaitTry(daemon);
                assertEquals(200, unlock(daemon, PASSWORD).statusCode());
            }
            Await.until("it is logged", () -> log.count("http POST /v1/vault/password 200") == 2);
            assertEquals(0, log.count(PASSWORD));
            assertEquals(0, log.count(next));
        }
    }

    private static HttpResponse<String> change(TestDaemon daemon, String current, String next) throws Exception {
        return withPassword(daemon, "/v1/vault/password", current + "\n" + next);
    }

    private static void awaitTry(TestDaemon daemon) {
        Await.until("the wait is over", () -> {
            try {
                var status = TestDaemon.json(daemon.get("/v1/vault"));
                return status.get("waitSeconds").intValue() == 0;
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void denied(VaultProtocol.Client vault, String permit, String session) {
        var refusal = assertThrows(VaultProtocol.Failed.class, () -> vault.redeem(new RedeemParams(permit, session)));
        assertEquals(VaultProtocol.FailedReason.DENIED, refusal.reason());
        assertFalse(refusal.message().contains(permit));
    }

    /** A key alone wipes nothing; what is wiped is gone with the next start. */
    @Test
    void aWipeNeedsThePasswordGivenMomentsAgo() throws Exception {
        try (var vault = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            var stepUp = TestDaemon.json(withPassword(daemon, "/v1/vault/step-up", PASSWORD));
            var permit = stepUp.get("permit").asString();
            var ofAnother = permit("another key");

            ErrorsTest.assertError(wipe(daemon), 403, "step_up_required");
            ErrorsTest.assertError(wipe(daemon, "Omni-Step-Up", ""), 403, "step_up_required");
            ErrorsTest.assertError(wipe(daemon, "Omni-Step-Up", permit + "x"), 403, "step_up_required");
            ErrorsTest.assertError(wipe(daemon, "Omni-Step-Up", ofAnother), 403, "step_up_required");
            assertEquals(200, daemon.get("/v1/memory").statusCode(), "the control");

            var wiped = TestDaemon.json(wipe(daemon, "Omni-Step-Up", permit));
            assertEquals("[]", wiped.get("backups").toString());
            assertTrue(wiped.get("keys_gone_ms").isInt(), wiped::toString);
            assertEquals("none", wiped.get("tpm").asString());
            Await.until("the vault has ended", locked::get);
            assertEquals(0, vault.faults.get());
        }
        try (var _ = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
            ErrorsTest.assertError(daemon.get("/v1/memory"), 423, "vault_absent");
            try (var left = Files.list(home.resolve("vault"))) {
                assertEquals(List.of(), left.toList());
            }
        }
    }

    /** What the operator's command asks for and is answered is kept, told again, and found; what is not to be, or was left, is not. */
    @Test
    void chatsOfTheConsoleAreKeptAndGoOn() throws Exception {
        try (var vault = box();
                var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {});
                var _ = BusServer.at(home.resolve("daemon.sock"))
                        .service(daemon.daemon.services().getFirst())
                        .start();
                var bus = BusClient.to(home.resolve("daemon.sock"))) {
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            var client = DaemonProtocol.Client.of(bus);

            var first = client.chat(chat("told", "A kestrel?", true, null));
            var id = Objects.requireNonNull(first.conversation());
            engine.asked.clear();
            var second = client.chat(chat("told", "Two?", true, id));
            assertEquals(id, second.conversation());
            assertEquals(
                    "user: A kestrel?\nassistant: " + first.text() + "\nuser: Two?\n",
                    engine.asked.remove().prompt());
            assertEquals(List.of("A kestrel?", first.text(), "Two?", second.text()), texts(daemon, id));

            assertNull(client.chat(chat("told", "A wryneck?", false, null)).conversation());
            try (var replies = client.chatMore(chat("begun", "A bittern?", true, id))) {
                assertEquals("begun", replies.next().text());
            }
            Await.until("the engine is free", () -> engine.cancelled.get() == 1);
            assertEquals(4, texts(daemon, id).size());
            for (var word : List.of("wryneck", "bittern")) {
                assertEquals(0, found(daemon, word), word);
            }
            assertTrue(found(daemon, "kestrel") > 0, "the control");

            engine.asked.clear();
            var tooLong = "x".repeat(1 << 20);
            for (var refused : List.of(chat("told", "Three?", true, "conv_none"), chat("told", tooLong, true, id))) {
                assertThrows(DaemonProtocol.Refused.class, () -> client.chat(refused));
            }
            assertTrue(engine.asked.isEmpty());
            assertEquals(0, vault.faults.get());
        }
    }

    private static ChatParams chat(String model, String text, boolean store, @Nullable String conversation) {
        return new ChatParams(model, List.of(new Message("user", text)), null, null, null, store, conversation);
    }

    private static List<String> texts(TestDaemon daemon, String conversation) throws Exception {
        return TestDaemon.json(daemon.get("/v1/conversations/" + conversation + "/items?order=asc"))
                .get("data")
                .valueStream()
                .map(item -> item.at("/content/0/text").asString())
                .toList();
    }

    private static int found(TestDaemon daemon, String word) throws Exception {
        return TestDaemon.json(daemon.get("/v1/conversations?q=" + word))
                .get("data")
                .size();
    }

    /** Many who read the largest pages at once are answered or told to come later, and the vault stays open. */
    @Test
    void manyReadersOfMuchLeaveTheVaultOpen() throws Exception {
        try (var vault = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {});
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            var item = "{\"role\":\"user\",\"content\":\"" + "x".repeat(1_000_000) + "\"}";
            var id = TestDaemon.json(daemon.post("/v1/conversations", "{\"items\":[" + item + "," + item + "]}"))
                    .get("id")
                    .asString();
            Callable<Integer> read = () ->
                    daemon.get("/v1/conversations/" + id + "/items?limit=100").statusCode();
            List<Integer> statuses = new ArrayList<>();
            for (var one : threads.invokeAll(Collections.nCopies(20, read))) {
                statuses.add(one.get());
            }
            assertTrue(Set.of(200, 429).containsAll(statuses) && statuses.contains(200), statuses::toString);
            assertEquals(2, texts(daemon, id).size());
            assertEquals(0, vault.faults.get());
        }
    }

    private static HttpResponse<String> wipe(TestDaemon daemon, String... headers) throws Exception {
        var request = daemon.request("/v1/vault/wipe").POST(BodyPublishers.noBody());
        return daemon.send(headers.length == 0 ? request : request.headers(headers));
    }

    /** A key alone exports nothing, nor does another's permit, nor an old password's. */
    @Test
    void anExportNeedsThePasswordGivenMomentsAgo() throws Exception {
        try (var log = new CapturedLog();
                var _ = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
            ErrorsTest.assertError(export(daemon, "Omni-Step-Up", "none"), 423, "vault_absent");
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            daemon.post("/v1/memory", "{\"name\":\"bird\",\"text\":\"größer: \uD83E\uDD89\"}");
            var ofAnother = permit("another key");
            var permit = permit(TestDaemon.keyId());

            ErrorsTest.assertError(export(daemon), 403, "step_up_required");
            ErrorsTest.assertError(export(daemon, "Omni-Step-Up", ""), 403, "step_up_required");
            ErrorsTest.assertError(export(daemon, "Omni-Step-Up", permit + "x"), 403, "step_up_required");
            ErrorsTest.assertError(export(daemon, "Omni-Step-Up", ofAnother), 403, "step_up_required");
            ErrorsTest.assertError(
                    withPassword(daemon, "/v1/vault/step-up", "a wren in the barn"), 403, "wrong_password");

            var exported = export(daemon, "Omni-Step-Up", permit);
            assertEquals(200, exported.statusCode(), exported.body());
            assertEquals(
                    "application/jsonl",
                    exported.headers().firstValue("content-type").orElse(""));
            var lines = exported.body().lines().toList();
            assertEquals(3, lines.size(), exported.body());
            assertTrue(lines.get(1).contains("\"text\":\"größer: \uD83E\uDD89\""), exported.body());
            assertEquals("{\"type\":\"end\",\"lines\":2}", lines.get(2));
            Await.until("it is logged", () -> log.count("http POST /v1/vault/export 200 done") == 1);
            assertEquals(0, log.count(permit));
        }
    }

    /** The lock comes while it is read: what has arrived does not look whole. */
    @Test
    void anExportThatALockInterruptsIsBrokenOff() throws Exception {
        try (var _ = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            var item = "{\"items\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(1_000_000) + "\"}]}";
            for (int i = 0; i < 30; i++) { // more than all that is between the vault and a client can hold
                assertEquals(200, daemon.post("/v1/conversations", item).statusCode());
            }
            var request = daemon.request("/v1/vault/export")
                    .header("Omni-Step-Up", permit(TestDaemon.keyId()))
                    .POST(BodyPublishers.noBody())
                    .build();
            try (var http = HttpClient.newHttpClient();
                    var body = http.send(request, BodyHandlers.ofInputStream()).body()) {
                assertEquals('{', body.read());
                daemon.send(daemon.request("/v1/vault/lock").POST(BodyPublishers.noBody()));
                Await.until("the vault has locked", locked::get);
                assertThrows(IOException.class, body::readAllBytes);
            }
        }
    }

    /** A file of keys that was edited while the vault was locked, an old one with a key of a stranger's, shows at the next unlock. */
    @Test
    void whoWritesInTheFileOfKeysWhileItIsLockedIsNoticed() throws Exception {
        var file = home.resolve("keys.json");
        try (var _ = box();
                var console = new Console()) {
            console.add("first"); // before there is a vault
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            assertEquals("first KNOWN", console.listed());
            console.add("laptop");
            console.add("phone");
        }
        var old = Files.readString(file);
        try (var _ = box();
                var console = new Console()) {
            assertEquals("first UNCHECKED, laptop UNCHECKED, phone UNCHECKED", console.listed());
            SecretCall.make(secrets(), SecretCall.Verb.UNLOCK, List.of(bytes(PASSWORD), bytes("")));
            assertEquals("first KNOWN, laptop KNOWN, phone KNOWN", console.listed(), "the control");
            assertEquals("[]", console.limits());
            console.client.revokeKey(new DaemonProtocol.RevokeKeyParams("phone"));
        }
        var stranger =
                "{\"name\":\"mine\",\"hash\":\"" + TestDaemon.hash("mine") + "\",\"created\":\"2026-11-21T10:00:00Z\"}";
        Files.writeString(
                file, old.replace("\"keys\":[", "\"keys\":[" + stranger + ",").replace("\"first\"", "\"renamed\""));
        try (var _ = box();
                var console = new Console()) {
            assertEquals(423, console.get("phone"));
            SecretCall.make(secrets(), SecretCall.Verb.UNLOCK, List.of(bytes(PASSWORD), bytes("")));
            assertEquals("mine MADE_WHILE_LOCKED, renamed CHANGED_WHILE_LOCKED, laptop KNOWN", console.listed());
            assertEquals(403, console.get("mine"));
            assertEquals(403, console.get("first"));
            assertEquals(401, console.get("phone"));
            assertEquals(200, console.get("laptop"));
            assertTrue(console.limits().contains("do not reach what it keeps: 2 (omni key list)"), console.limits());
            assertTrue(console.limits().contains("ALARM: An API key that had been revoked was there again: "));
            assertTrue(console.limits().contains("ALARM: The entry of an API key was changed"));
            console.client.acceptKey(
                    new DaemonProtocol.AcceptKeyParams(TestDaemon.hash("mine").substring(0, 12)));
            assertEquals(200, console.get("mine"));
            assertTrue(console.limits().contains("do not reach what it keeps: 1"), console.limits());
        }
        assertFalse(Files.readString(file).contains("phone"));
    }

    /** What cannot be read is neither taken for a list without keys nor written over, and what the vault knows stays as it was. */
    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"version\":1,\"keys\":[{\"name\":\"laptop\",\"hash\":\""})
    void aFileOfKeysThatIsDamagedWhileItIsLockedIsNoNews(String damaged) throws Exception {
        var file = home.resolve("keys.json");
        try (var _ = box();
                var console = new Console()) {
            console.add("laptop");
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            assertEquals("laptop KNOWN", console.listed());
        }
        var whole = Files.readString(file);
        try (var _ = box();
                var console = new Console()) {
            Files.writeString(file, damaged);
            SecretCall.make(secrets(), SecretCall.Verb.UNLOCK, List.of(bytes(PASSWORD), bytes("")));
            assertEquals("laptop KNOWN", console.listed(), "the keys of before");
            assertEquals(200, console.get("laptop"));
            assertThrows(DaemonProtocol.Refused.class, () -> console.add("phone"));
            var revoke = new DaemonProtocol.RevokeKeyParams("laptop");
            var refused = assertThrows(DaemonProtocol.Refused.class, () -> console.client.revokeKey(revoke));
            assertTrue(refused.message().contains("Repair it, or move it away"), refused.message());
            assertEquals(damaged, Files.readString(file));
        }
        var keysListed = new ArrayList<String>();
        for (var restored : List.of(whole, "{\"version\":1,\"keys\":[]}", whole)) {
            Files.writeString(file, restored);
            try (var _ = box();
                    var console = new Console()) {
                SecretCall.make(secrets(), SecretCall.Verb.UNLOCK, List.of(bytes(PASSWORD), bytes("")));
                keysListed.add(console.listed());
            }
        }
        assertEquals(
                List.of("laptop KNOWN", "", "laptop MADE_WHILE_LOCKED"),
                keysListed,
                "the last two are the control: a list without keys is news");
    }

    /** A daemon, and what the operator's command asks of it; keys are called as their texts are. */
    private final class Console implements AutoCloseable {
        private final TestDaemon daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {});
        private final BusServer server = BusServer.at(home.resolve("daemon.sock"))
                .service(daemon.daemon.services().getFirst())
                .start();
        private final BusClient bus = BusClient.to(home.resolve("daemon.sock"));
        private final DaemonProtocol.Client client = DaemonProtocol.Client.of(bus);

        Console() throws IOException {}

        void add(String key) {
            client.addKey(new DaemonProtocol.AddKeyParams(key, TestDaemon.hash(key), false, null, null));
        }

        String listed() {
            return client.listKeys(new DaemonProtocol.ListKeysParams()).keys().stream()
                    .filter(key -> !key.session())
                    .map(key -> key.name() + " " + key.standing())
                    .collect(Collectors.joining(", "));
        }

        int get(String key) throws Exception {
            return daemon.send(HttpRequest.newBuilder(daemon.url.resolve("/v1/memory"))
                            .header("Authorization", "Bearer " + key))
                    .statusCode();
        }

        /** What is said of keys. */
        String limits() throws Exception {
            return TestDaemon.json(daemon.get("/v1/vault"))
                    .get("limits")
                    .valueStream()
                    .map(JsonNode::asString)
                    .filter(limit -> limit.contains("API key"))
                    .toList()
                    .toString();
        }

        @Override
        public void close() {
            bus.close();
            server.close();
            daemon.close();
        }
    }

    private String permit(String session) throws IOException {
        var fields = List.of(bytes(PASSWORD), bytes(""), bytes(session));
        return new String(SecretCall.make(secrets(), SecretCall.Verb.PROVE, fields), StandardCharsets.US_ASCII);
    }

    private static HttpResponse<String> export(TestDaemon daemon, String... headers) throws Exception {
        var request = daemon.request("/v1/vault/export").POST(BodyPublishers.noBody());
        return daemon.send(headers.length == 0 ? request : request.headers(headers));
    }

    @Test
    void isBackedUpWhereTheConfigurationSaysAndADeletionNamesTheCopies() throws Exception {
        try (var _ = box();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
            ErrorsTest.assertError(backup(daemon), 423, "vault_absent");
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));
            ErrorsTest.assertError(backup(daemon), 400, "invalid_value");
        }
        var stick = home.resolve("stick");
        try (var _ = box("backup = \"" + stick + "\"\n");
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), proven("daemon"), () -> {})) {
            ErrorsTest.assertError(backup(daemon), 423, "vault_locked");
            SecretCall.make(secrets(), SecretCall.Verb.UNLOCK, List.of(bytes(PASSWORD), bytes("")));
            var id = TestDaemon.json(daemon.post("/v1/conversations", "{}"))
                    .get("id")
                    .asString();
            var taken = TestDaemon.json(backup(daemon));
            var snapshot = taken.get("snapshot").asString();
            assertTrue(taken.get("written").asLong() > 0, taken::toString);
            var listed = TestDaemon.json(daemon.get("/v1/vault/backups")).get("copies");
            assertEquals(1, listed.size());
            assertEquals(snapshot, listed.get(0).get("snapshot").asString());
            var deleted = TestDaemon.json(
                    daemon.send(daemon.request("/v1/conversations/" + id).DELETE()));
            assertEquals(
                    "[\"" + stick + " " + snapshot + "\"]",
                    deleted.get("backups").toString());
        }
    }

    private static HttpResponse<String> backup(TestDaemon daemon) throws Exception {
        return daemon.send(daemon.request("/v1/vault/backup").POST(BodyPublishers.noBody()));
    }

    /** The vault speaks with the daemon alone: the same daemon without its proof gets nothing. */
    @Test
    void aDaemonThatProvesNothingIsDenied() throws Exception {
        try (var _ = box();
                var stranger = new TestDaemon(home, home.resolve("engine.sock"))) {
            SecretCall.make(secrets(), SecretCall.Verb.CREATE, List.of(bytes(PASSWORD), bytes("")));

            ErrorsTest.assertError(stranger.get("/v1/memory"), 403, "vault_denied");
        }
    }

    private static HttpResponse<String> unlock(TestDaemon daemon, String password) throws Exception {
        return withPassword(daemon, "/v1/vault/unlock", password);
    }

    private static HttpResponse<String> withPassword(TestDaemon daemon, String path, String password) throws Exception {
        return daemon.send(daemon.request(path)
                .header("Content-Type", "application/octet-stream")
                .POST(BodyPublishers.ofString(password)));
    }

    private RealVault box() throws Exception {
        return box("");
    }

    private RealVault box(String line) throws Exception {
        return new RealVault(home, root, () -> locked.set(true), line);
    }

    private BusClient proven(String role) {
        return BusClient.to(home.resolve("vault.sock"), role, root.forRole(role));
    }

    private Path secrets() {
        return home.resolve("vault-secrets.sock");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
