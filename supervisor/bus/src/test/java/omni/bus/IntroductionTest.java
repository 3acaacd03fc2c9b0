package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import omni.bus.ProbeProtocol.SayParams;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Roles that prove who they are, and those that cannot. */
final class IntroductionTest {
    @TempDir
    Path folder;

    private final Credential root = Credential.root();
    private final ProbeHandler handler = new ProbeHandler();
    private Path socket;
    private BusServer server;

    @BeforeEach
    void start() {
        socket = folder.resolve("probe.sock");
        server = BusServer.at(socket)
                .service(ProbeProtocol.service(handler))
                .knowing(root)
                .start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Optional<String> roleSeen(BusClient bus) {
        assertEquals("in", ProbeProtocol.Client.of(bus).say(new SayParams("in")).word());
        return handler.lastPeer.get().role();
    }

    @Test
    void aRoleIsKnownOnEveryConnection() {
        try (var bus = BusClient.to(socket, "daemon", root.forRole("daemon"))) {
            assertEquals(Optional.of("daemon"), roleSeen(bus));
            assertEquals(Optional.of("daemon"), roleSeen(bus));
        }
    }

    @Test
    void whoProvesNothingIsServedAsNobody() {
        try (var bus = BusClient.to(socket)) {
            assertEquals(Optional.empty(), roleSeen(bus));
        }
    }

    @Test
    void aKeyOfAnotherRunProvesNothing() {
        try (var bus = BusClient.to(socket, "daemon", Credential.root().forRole("daemon"))) {
            assertThrows(BusException.class, () -> roleSeen(bus));
            assertEquals(0, bus.connections());
        }
    }

    @Test
    void aKeyIsForItsRoleAlone() {
        try (var bus = BusClient.to(socket, "daemon", root.forRole("engine"))) {
            assertThrows(BusException.class, () -> roleSeen(bus));
        }
    }

    /** Takes the vault's place: without the root it cannot prove itself, and hears nothing. */
    @Test
    void nothingIsSentToAServerOfAnotherRun() {
        Path place = folder.resolve("thief.sock");
        var thief = new ProbeHandler();
        try (var _ = BusServer.at(place)
                        .service(ProbeProtocol.service(thief))
                        .knowing(Credential.root())
                        .start();
                var bus = BusClient.to(place, "daemon", root.forRole("daemon"))) {
            var refused = assertThrows(BusException.class, () -> roleSeen(bus));
            assertTrue(refused.getMessage().contains("cannot prove"), refused.getMessage());
            assertEquals("", thief.lastPeer.get().user(), "no call has come");
        }
    }

    @Test
    void aServerThatKnowsNobodyIsRefused() {
        Path place = folder.resolve("plain.sock");
        try (var _ = BusServer.at(place).service(ProbeProtocol.service(handler)).start();
                var bus = BusClient.to(place, "daemon", root.forRole("daemon"))) {
            assertThrows(BusException.class, () -> roleSeen(bus));
        }
    }

    /** What was overheard on one connection is worth nothing on another, and a server's proof is none of a client's. */
    @Test
    void proofsAreOfOneConnectionAndOneSide() throws IOException {
        String mine = Credential.nonce();
        try (var first = new RawPeer(socket);
                var second = new RawPeer(socket)) {
            var begun = ask(first, "Begin", "{\"role\":\"daemon\",\"nonce\":\"" + mine + "\"}");
            String theirs = begun.path("parameters").path("nonce").asString();
            String reflected = begun.path("parameters").path("proof").asString();
            String right = root.forRole("daemon").proof(Credential.Side.CLIENT, "daemon", mine, theirs);
            assertEquals("omni.Introduction.NotProved", error(ask(second, "Prove", proof(right))), "not begun there");
            assertEquals("omni.Introduction.NotProved", error(ask(first, "Prove", proof(reflected))), "the wrong side");
            assertEquals("omni.Introduction.NotProved", error(ask(first, "Prove", proof(right))), "one try");
        }
        try (var third = new RawPeer(socket)) {
            var begun = ask(third, "Begin", "{\"role\":\"daemon\",\"nonce\":\"" + mine + "\"}");
            String theirs = begun.path("parameters").path("nonce").asString();
            String right = root.forRole("daemon").proof(Credential.Side.CLIENT, "daemon", mine, theirs);
            assertFalse(ask(third, "Prove", proof(right)).has("error"), "the control");
        }
    }

    @Test
    void badFieldsAreRefused() throws IOException {
        for (String parameters : List.of(
                "{}",
                "{\"role\":\"daemon\"}",
                "{\"role\":\"Daemon\",\"nonce\":\"" + Credential.nonce() + "\"}",
                "{\"role\":\"" + "d".repeat(33) + "\",\"nonce\":\"" + Credential.nonce() + "\"}",
                "{\"role\":\"daemon\",\"nonce\":\"" + Credential.nonce() + "0\"}")) {
            try (var peer = new RawPeer(socket)) {
                assertEquals("org.varlink.service.InvalidParameter", error(ask(peer, "Begin", parameters)));
            }
        }
    }

    @Test
    void textIsReadBackAndSaysNothingByItself() {
        assertEquals(root.text(), Credential.of(root.text()).text());
        assertNotEquals(root.forRole("engine").text(), root.forRole("daemon").text());
        assertFalse(root.toString().contains(root.text().substring(0, 8)));
        var e = assertThrows(IllegalArgumentException.class, () -> Credential.of("secret"));
        assertFalse(String.valueOf(e.getMessage()).contains("secret"));
    }

    private static String proof(String text) {
        return "{\"proof\":\"" + text + "\"}";
    }

    private static String error(JsonNode reply) {
        return reply.path("error").asString("");
    }

    private static JsonNode ask(RawPeer peer, String method, String parameters) throws IOException {
        peer.send("{\"method\":\"omni.Introduction." + method + "\",\"parameters\":" + parameters + "}\0");
        return JsonMapper.shared().readTree(peer.receive().orElseThrow());
    }
}
