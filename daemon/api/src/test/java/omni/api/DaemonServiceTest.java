package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.List;
import omni.api.DaemonProtocol.AddKeyParams;
import omni.api.DaemonProtocol.AddressParams;
import omni.api.DaemonProtocol.ChatParams;
import omni.api.DaemonProtocol.ListKeysParams;
import omni.api.DaemonProtocol.Message;
import omni.api.DaemonProtocol.RevokeKeyParams;
import omni.api.DaemonProtocol.RotateKeyParams;
import omni.api.DaemonProtocol.RouteGroup;
import omni.bus.BusClient;
import omni.bus.BusServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon over a real bus, as the operator's command sees it; the engine behind it is a fake. */
final class DaemonServiceTest {
    private FakeEngine engine;
    private TestDaemon daemon;
    private BusServer server;
    private BusClient bus;
    private DaemonProtocol.Client client;

    @BeforeEach
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
        var socket = home.resolve("daemon.sock");
        server = BusServer.at(socket)
                .service(daemon.daemon.services().getFirst())
                .start();
        bus = BusClient.to(socket);
        client = DaemonProtocol.Client.of(bus);
    }

    @AfterEach
    void stop() {
        bus.close();
        server.close();
        daemon.close();
        engine.close();
    }

    @Test
    void theAddressIsTheOneThatAnswers() {
        var address = client.address(new AddressParams());

        assertEquals(daemon.url.toString(), address.url());
        assertEquals(daemon.url.getPort(), (int) address.port());
        assertEquals("127.0.0.1", address.host());
    }

    @Test
    void aKeyOpensTheApiUntilItIsRevoked() throws Exception {
        var key = client.addKey(new AddKeyParams("new", TestDaemon.hash("fresh"), false, null, null))
                .key();
        assertEquals(TestDaemon.hash("fresh").substring(0, 12), key.id());
        assertEquals(200, models("fresh"));
        assertTrue(ids().contains(key.id()));

        client.revokeKey(new RevokeKeyParams("new"));
        assertEquals(401, models("fresh"));
        assertFalse(ids().contains(key.id()));
    }

    private List<String> ids() {
        return client.listKeys(new ListKeysParams()).keys().stream()
                .map(DaemonProtocol.Key::id)
                .toList();
    }

    private DaemonProtocol.Key listed(String name) {
        return client.listKeys(new ListKeysParams()).keys().stream()
                .filter(key -> key.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static DaemonProtocol.KeyRights rights(@Nullable Long rate, @Nullable String expires) {
        return new DaemonProtocol.KeyRights(
                List.of("three"), List.of(RouteGroup.MODELS), rate, 1_000_000_000_000L, expires);
    }

    @Test
    void aKeysRightsAreKeptAndToldAndItsUseToo() throws Exception {
        var rights = rights(60_000L, "2100-01-01T00:00:00Z");
        var key = client.addKey(new AddKeyParams("guest", TestDaemon.hash("fresh"), false, null, rights))
                .key();
        assertEquals(rights, key.rights());
        assertNull(key.lastUsed());
        assertEquals(200, models("fresh"));
        var used = listed("guest");
        assertEquals(rights, used.rights());
        assertFalse(used.expired());
        assertTrue(String.valueOf(used.lastUsed()).endsWith("Z"), used.toString());
        assertEquals(0, used.tokensToday());
        assertNull(listed("test").rights().models(), "the control: a key that may all");
    }

    @Test
    void rightsOutOfBoundsAreRefused() {
        for (var wrong : List.of(rights(60_001L, null), rights(null, "2001-01-01T00:00:00Z"))) {
            var params = new AddKeyParams("guest", TestDaemon.hash("fresh"), false, null, wrong);
            var refused = assertThrows(DaemonProtocol.Refused.class, () -> client.addKey(params));
            assertEquals("invalid_value", refused.code());
        }
        assertFalse(ids().contains(TestDaemon.hash("fresh").substring(0, 12)));
    }

    @Test
    void anotherKeyTakesAKeysPlaceWithItsRights() throws Exception {
        var rights = rights(1L, null);
        client.addKey(new AddKeyParams("guest", TestDaemon.hash("old"), false, null, rights));
        assertEquals(200, models("old"));
        assertEquals(429, models("old"));
        var rotated = client.rotateKey(new RotateKeyParams("guest", TestDaemon.hash("new")));

        assertFalse(rotated.vaultUntold());
        assertEquals(TestDaemon.hash("new").substring(0, 12), rotated.key().id());
        assertEquals("guest", rotated.key().name());
        assertEquals(rights, rotated.key().rights());
        assertEquals(401, models("old"));
        assertEquals(429, models("new"), "the minute goes on");
        assertEquals(1, ids().stream().filter(rotated.key().id()::equals).count());
    }

    @Test
    void aKeyThatIsNotThereOrNotAloneOrThereAlreadyTakesNoPlace() throws Exception {
        client.addKey(new AddKeyParams("same", TestDaemon.hash("a"), false, null, null));
        client.addKey(new AddKeyParams("same", TestDaemon.hash("b"), false, null, null));
        var fresh = TestDaemon.hash("fresh");

        assertThrows(DaemonProtocol.NoSuchKey.class, () -> client.rotateKey(new RotateKeyParams("other", fresh)));
        assertThrows(DaemonProtocol.AmbiguousKey.class, () -> client.rotateKey(new RotateKeyParams("same", fresh)));
        for (var hash : List.of("no hash", TestDaemon.hash("a"), TestDaemon.hash("b"))) {
            var id = TestDaemon.hash("a").substring(0, 12);
            var refused =
                    assertThrows(DaemonProtocol.Refused.class, () -> client.rotateKey(new RotateKeyParams(id, hash)));
            assertEquals("invalid_value", refused.code());
        }
        assertEquals(200, models("a"));
        assertEquals(401, models("fresh"));
    }

    @Test
    void keysThatAreNotThereOrNotAloneAreNotRevoked() {
        client.addKey(new AddKeyParams("same", TestDaemon.hash("a"), false, null, null));
        client.addKey(new AddKeyParams("same", TestDaemon.hash("b"), false, null, null));

        assertThrows(DaemonProtocol.NoSuchKey.class, () -> client.revokeKey(new RevokeKeyParams("other")));
        var many = assertThrows(DaemonProtocol.AmbiguousKey.class, () -> client.revokeKey(new RevokeKeyParams("same")));
        assertEquals(2, many.ids().size());
    }

    @Test
    void aKeyThatIsNoneIsRefused() {
        var refused = assertThrows(
                DaemonProtocol.Refused.class,
                () -> client.addKey(new AddKeyParams("new", "no hash", false, null, null)));

        assertEquals("invalid_value", refused.code());
    }

    @Test
    void aChatStreamsAndCounts() {
        try (var replies = client.chatMore(chat("three"))) {
            assertEquals("one ", replies.next().text());
            assertEquals("two ", replies.next().text());
            var last = replies.next();
            assertEquals("three", last.text());
            assertEquals("stop", last.finish());
            assertEquals(10L, last.promptTokens());
            assertEquals(3L, last.completionTokens());
            assertFalse(replies.hasNext());
        }
    }

    @Test
    void aChatComesWholeToo() {
        assertEquals("one two three", client.chat(chat("three")).text());
    }

    @Test
    void settingsReachTheEngine() {
        client.chat(new ChatParams("echo", List.of(new Message("user", "hi")), 9L, 0.5, 3L, false, null));

        var asked = engine.asked.remove();
        assertEquals(9L, asked.maxTokens());
        var sampling = java.util.Objects.requireNonNull(asked.sampling());
        assertEquals(0.5, sampling.temperature());
        assertEquals(3L, sampling.seed());
    }

    @Test
    void whatHttpWouldRefuseIsRefusedHere() {
        var none = assertThrows(
                DaemonProtocol.Refused.class,
                () -> client.chat(new ChatParams("three", List.of(), null, null, null, false, null)));
        assertEquals("invalid_value", none.code());
        var model = assertThrows(DaemonProtocol.Refused.class, () -> client.chat(chat("nowhere")));
        assertEquals("model_not_found", model.code());
        var tooLong = assertThrows(DaemonProtocol.Refused.class, () -> client.chat(chat("long")));
        assertTrue(tooLong.message().contains("2048"));
    }

    @Test
    void anEngineThatIsAwayIsNamed() {
        engine.close();

        var away = assertThrows(DaemonProtocol.EngineAway.class, () -> client.chat(chat("three")));
        assertEquals(2L, away.retryAfterSeconds());
    }

    @Test
    void aCallerThatLeavesFreesTheEngine() {
        try (var replies = client.chatMore(chat("begun"))) {
            assertEquals("begun", replies.next().text());
            assertEquals(0, engine.cancelled.get());
        }
        Await.until("the engine is free", () -> engine.cancelled.get() == 1);
    }

    private static ChatParams chat(String model) {
        return new ChatParams(model, List.of(new Message("user", "hi")), null, null, null, false, null);
    }

    private int models(String key) throws IOException, InterruptedException {
        return daemon.send(HttpRequest.newBuilder(daemon.url.resolve("/v1/models"))
                        .header("Authorization", "Bearer " + key))
                .statusCode();
    }
}
