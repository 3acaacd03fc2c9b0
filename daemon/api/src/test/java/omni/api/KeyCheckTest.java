package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.api.DaemonProtocol.AcceptKeyParams;
import omni.api.DaemonProtocol.AddKeyParams;
import omni.api.DaemonProtocol.KeyStanding;
import omni.api.DaemonProtocol.ListKeysParams;
import omni.api.DaemonProtocol.RevokeKeyParams;
import omni.api.DaemonProtocol.RotateKeyParams;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.vault.RecordsProtocol;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a key may that the vault does not know, by HTTP and over the bus; the vault behind it is a fake. */
final class KeyCheckTest {
    private static final String PHONE = "omni-phone";
    private static final String ID = TestDaemon.hash(PHONE).substring(0, 12);

    @TempDir
    private Path home;

    private FakeEngine engine;
    private FakeVault vault;
    private TestDaemon daemon;
    private BusServer server;
    private BusClient bus;
    private DaemonProtocol.Client client;

    @BeforeEach
    void start() throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        vault = new FakeVault(home, VaultState.SEALED);
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
        server = BusServer.at(home.resolve("daemon.sock"))
                .service(daemon.daemon.services().getFirst())
                .start();
        bus = BusClient.to(home.resolve("daemon.sock"));
        client = DaemonProtocol.Client.of(bus);
    }

    @AfterEach
    void stop() {
        bus.close();
        server.close();
        daemon.close();
        vault.close();
        engine.close();
    }

    private void add(String name, String key) {
        client.addKey(new AddKeyParams(name, TestDaemon.hash(key), false, null, null));
    }

    private void accept(String id) {
        client.acceptKey(new AcceptKeyParams(id));
    }

    private String refusal(Runnable call) {
        return assertThrows(DaemonProtocol.Refused.class, call::run).code();
    }

    private KeyStanding standing() {
        return client.listKeys(new ListKeysParams()).keys().stream()
                .filter(key -> key.id().equals(ID))
                .findFirst()
                .map(DaemonProtocol.Key::standing)
                .orElseThrow();
    }

    private HttpResponse<String> send(String key, String method, String path, String json) throws Exception {
        return daemon.send(HttpRequest.newBuilder(daemon.url.resolve(path))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .header("Omni-Step-Up", "permit")
                .method(method, json.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(json)));
    }

    private HttpResponse<String> get(String key, String path) throws Exception {
        return send(key, "GET", path, "");
    }

    /** As with a locked vault: it is answered, and reaches nothing that is kept. */
    @ParameterizedTest
    @CsvSource({"MADE_WHILE_LOCKED", "CHANGED_WHILE_LOCKED"})
    void aStrangerReachesNothingOfTheVaultUntilItIsAccepted(RecordsProtocol.KeyStanding stranger) throws Exception {
        add("phone", PHONE);
        assertEquals(KeyStanding.UNCHECKED, standing());
        ErrorsTest.assertError(get(PHONE, "/v1/memory"), 423, "vault_locked");
        vault.standings.put(ID, stranger);
        vault.become(VaultState.OPEN);

        assertEquals(KeyStanding.valueOf(stranger.name()), standing());
        assertEquals(200, daemon.get("/v1/memory").statusCode(), "the control: another key");
        var asked = vault.asked.get();
        for (var path : List.of(
                "/v1/memory",
                "/v1/memory?q=owl",
                "/v1/conversations",
                "/v1/conversations?q=owl",
                "/v1/responses/resp_1",
                "/v1/responses/resp_1/input_items",
                "/v1/vault/backups",
                "/v1/vault/retention")) {
            ErrorsTest.assertError(get(PHONE, path), 403, "key_not_accepted");
        }
        ErrorsTest.assertError(send(PHONE, "POST", "/v1/conversations", "{}"), 403, "key_not_accepted");
        ErrorsTest.assertError(send(PHONE, "POST", "/v1/vault/backup", ""), 403, "key_not_accepted");
        ErrorsTest.assertError(send(PHONE, "POST", "/v1/vault/export", ""), 403, "key_not_accepted");
        ErrorsTest.assertError(respond(",\"conversation\":\"conv_1\""), 403, "key_not_accepted");
        assertFalse(TestDaemon.json(respond("")).get("store").asBoolean());
        assertEquals(200, get(PHONE, "/v1/models").statusCode());
        assertEquals(200, get(PHONE, "/v1/vault").statusCode());
        assertEquals(asked, vault.asked.get());

        accept(ID);
        accept(ID);
        assertEquals(List.of("accepted " + ID), List.copyOf(vault.told), "once");
        assertEquals(KeyStanding.KNOWN, standing());
        assertEquals(200, get(PHONE, "/v1/memory").statusCode());
        ErrorsTest.assertError(respond(""), 500, "vault_failed");
    }

    private HttpResponse<String> respond(String more) throws Exception {
        return send(PHONE, "POST", "/v1/responses", "{\"model\":\"three\",\"input\":\"hi\"" + more + "}");
    }

    @Test
    void aKeyThatTheVaultKnowsIsAsItWas() throws Exception {
        add("phone", PHONE);
        vault.become(VaultState.OPEN);

        assertEquals(200, get(PHONE, "/v1/memory").statusCode());
        assertEquals(KeyStanding.KNOWN, standing());
        accept(ID);
        assertEquals(List.of(), List.copyOf(vault.told));
    }

    @Test
    void whatIsMadeAndRevokedWhileItIsOpenIsToldToIt() throws Exception {
        vault.become(VaultState.OPEN);
        vault.standings.put(ID, RecordsProtocol.KeyStanding.MADE_WHILE_LOCKED);
        Await.until("it is open", () -> get("/v1/memory") == 200); // and the keys are compared without this one
        client.listKeys(new ListKeysParams());
        add("phone", PHONE);
        client.addKey(new AddKeyParams("start", TestDaemon.hash("omni-start"), true, null, null));

        assertEquals(200, get(PHONE, "/v1/memory").statusCode());
        assertEquals(200, get("omni-start", "/v1/memory").statusCode());
        client.revokeKey(new RevokeKeyParams("phone"));
        client.revokeKey(new RevokeKeyParams("start"));
        assertEquals(List.of("made " + ID, "revoked " + ID), List.copyOf(vault.told));
    }

    @Test
    void anOpenVaultIsToldOfBothKeysWhereOneTakesTheOthersPlace() throws Exception {
        var other = TestDaemon.hash("omni-tablet").substring(0, 12);
        add("phone", PHONE);
        vault.become(VaultState.OPEN);
        assertEquals(200, get(PHONE, "/v1/memory").statusCode());
        assertFalse(rotatedUntold("phone", "omni-tablet"));
        assertEquals(List.of("made " + other, "revoked " + ID), List.copyOf(vault.told));
        ErrorsTest.assertError(get(PHONE, "/v1/memory"), 401, "invalid_api_key");
        assertEquals(200, get("omni-tablet", "/v1/memory").statusCode());

        vault.revokesNoKeys = true;
        assertTrue(rotatedUntold("phone", "omni-watch"), "by its name, which stays");
        ErrorsTest.assertError(get("omni-tablet", "/v1/memory"), 401, "invalid_api_key");
        vault.standings.put(ID, RecordsProtocol.KeyStanding.REVOKED);
        assertEquals("vault_refused", refusal(() -> rotatedUntold("phone", PHONE)));
        assertEquals(200, get("omni-watch", "/v1/memory").statusCode(), "it is as it was");
    }

    /** Whoever wrote the entry would have its rights confirmed by the owner. */
    @ParameterizedTest
    @CsvSource({"MADE_WHILE_LOCKED", "CHANGED_WHILE_LOCKED"})
    void aStrangersPlaceIsTakenOnlyOnceItIsAccepted(RecordsProtocol.KeyStanding stranger) throws Exception {
        add("phone", PHONE);
        vault.standings.put(ID, stranger);
        vault.become(VaultState.OPEN);
        assertEquals(KeyStanding.valueOf(stranger.name()), standing());
        assertEquals("key_not_accepted", refusal(() -> rotatedUntold("phone", "omni-tablet")));
        assertEquals(200, get(PHONE, "/v1/models").statusCode(), "it is as it was");
        accept(ID);
        assertFalse(rotatedUntold("phone", "omni-tablet"));
        assertEquals(200, get("omni-tablet", "/v1/memory").statusCode());
    }

    private boolean rotatedUntold(String key, String by) {
        return client.rotateKey(new RotateKeyParams(key, TestDaemon.hash(by))).vaultUntold();
    }

    /** The key is refused all the same; a locked vault, and a key of a session, leave nothing to be told. */
    @Test
    void thatAnOpenVaultCouldNotBeToldOfARevocationIsSaid() throws Exception {
        for (var name : List.of("phone", "tablet", "laptop", "watch")) {
            add(name, "omni-" + name);
        }
        client.addKey(new AddKeyParams("start", TestDaemon.hash("omni-start"), true, null, null));
        vault.revokesNoKeys = true;
        assertFalse(revokedUntold("watch"), "it is locked");
        vault.become(VaultState.OPEN);
        assertEquals(200, get(PHONE, "/v1/memory").statusCode());

        assertTrue(revokedUntold("phone"));
        ErrorsTest.assertError(get(PHONE, "/v1/models"), 401, "invalid_api_key");
        assertFalse(Files.readString(home.resolve("keys.json")).contains(ID));
        assertFalse(revokedUntold("start"), "no file outlives it");
        vault.revokesNoKeys = false;
        assertFalse(revokedUntold("tablet"), "the control");
        assertEquals(List.of("revoked " + TestDaemon.hash("omni-tablet").substring(0, 12)), List.copyOf(vault.told));
        vault.die();
        assertTrue(revokedUntold("laptop"), "it was open when it was asked last");
    }

    /** One that cannot compare them remembers a revocation, or says that it could not. */
    @Test
    void aVaultThatCannotCompareIsToldOfARevocationAllTheSame() {
        add("phone", PHONE);
        add("tablet", "omni-tablet");
        vault.comparesNoKeys = true;
        vault.become(VaultState.OPEN);

        assertFalse(revokedUntold("phone"));
        assertEquals(List.of("revoked " + ID), List.copyOf(vault.told));
        vault.revokesNoKeys = true;
        assertTrue(revokedUntold("tablet"));
    }

    private boolean revokedUntold(String key) {
        return client.revokeKey(new RevokeKeyParams(key)).vaultUntold();
    }

    private int get(String path) {
        try {
            return daemon.get(path).statusCode();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    /** It is refused, and taken out of the file; where that cannot be written, it is refused all the same. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aRevokedKeyThatIsThereAgainIsRefused(boolean canBeWritten) throws Exception {
        add("phone", PHONE);
        assertEquals(200, get(PHONE, "/v1/models").statusCode(), "nobody knows as long as it is locked");
        if (!canBeWritten) {
            Files.createDirectories(home.resolve("keys.json.new/in-the-way"));
        }
        vault.standings.put(ID, RecordsProtocol.KeyStanding.REVOKED);
        vault.become(VaultState.OPEN);
        var listed = client.listKeys(new ListKeysParams()).keys();

        ErrorsTest.assertError(get(PHONE, "/v1/models"), 401, "invalid_api_key");
        assertEquals(200, daemon.get("/v1/models").statusCode());
        assertEquals(
                canBeWritten ? List.of() : List.of(KeyStanding.REVOKED),
                listed.stream()
                        .filter(key -> key.id().equals(ID))
                        .map(DaemonProtocol.Key::standing)
                        .toList());
        assertEquals(!canBeWritten, Files.readString(home.resolve("keys.json")).contains(ID));
    }

    @Test
    void aRevokedKeyIsNotAddedAgain() throws Exception {
        vault.become(VaultState.OPEN);
        client.listKeys(new ListKeysParams());
        vault.standings.put(ID, RecordsProtocol.KeyStanding.REVOKED);

        assertEquals("vault_refused", refusal(() -> add("phone", PHONE)));
        ErrorsTest.assertError(get(PHONE, "/v1/models"), 401, "invalid_api_key");
        assertFalse(Files.readString(home.resolve("keys.json")).contains(ID));
    }

    /** The daemon has read the file long before: what is compared is the file as it is now. */
    @Test
    void whatIsWrittenIntoTheFileWhileTheDaemonRunsIsSeen() throws Exception {
        var file = home.resolve("keys.json");
        var entry = "\"keys\":[{\"name\":\"mine\",\"hash\":\"" + TestDaemon.hash(PHONE)
                + "\",\"created\":\"2026-11-21T10:00:00Z\"},";
        Files.writeString(file, Files.readString(file).replace("\"keys\":[", entry));
        vault.standings.put(ID, RecordsProtocol.KeyStanding.MADE_WHILE_LOCKED);
        assertEquals(401, get(PHONE, "/v1/models").statusCode());
        vault.become(VaultState.OPEN);

        assertEquals(KeyStanding.MADE_WHILE_LOCKED, standing());
        assertEquals(200, get(PHONE, "/v1/models").statusCode());
    }

    @Test
    void aFileThatIsNoneMeanwhileChangesNothing() throws Exception {
        add("phone", PHONE);
        Files.writeString(home.resolve("keys.json"), "none");
        vault.become(VaultState.OPEN);

        assertEquals(KeyStanding.KNOWN, standing());
        assertEquals(200, get(PHONE, "/v1/memory").statusCode());
    }

    @Test
    void onlyAnOpenVaultAcceptsAndOnlyById() {
        add("phone", PHONE);
        assertEquals("vault_locked", refusal(() -> accept(ID)));
        vault.become(VaultState.ABSENT);
        assertEquals("vault_absent", refusal(() -> accept(ID)));
        vault.become(VaultState.OPEN);
        for (var wrong : List.of("phone", "", "0".repeat(12), TestDaemon.hash(PHONE))) {
            assertThrows(DaemonProtocol.NoSuchKey.class, () -> accept(wrong));
        }
        accept(TestDaemon.keyId()); // of a session: it needs no acceptance
        assertEquals(List.of(), List.copyOf(vault.told));
    }

    /** Where the vault cannot say what it knows, nobody but a session reaches it, and keys are made and revoked all the same. */
    @Test
    void aVaultThatCannotCompareIsClosedToKeys() throws Exception {
        vault.comparesNoKeys = true;
        vault.become(VaultState.OPEN);
        add("phone", PHONE);

        ErrorsTest.assertError(get(PHONE, "/v1/memory"), 500, "vault_damaged");
        assertEquals(200, get(PHONE, "/v1/models").statusCode());
        assertEquals(200, daemon.get("/v1/memory").statusCode());
        assertEquals(KeyStanding.UNCHECKED, standing());
        assertEquals("vault_damaged", refusal(() -> accept(ID)));
        vault.comparesNoKeys = false;
        assertEquals(200, get(PHONE, "/v1/memory").statusCode());
        assertTrue(client.listKeys(new ListKeysParams()).keys().size() > 1);
    }
}
