package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import omni.bus.BusClient;
import omni.bus.Credential;
import omni.vault.SecretCall;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * OpenAI's own JavaScript client, npm {@code openai} at the version of src/test/node/package-lock.json, on Node 20 or
 * newer, against the daemon, the real engine with the seed model, and the real vault.
 */
final class OpenAiNpmBoxTest {
    @Test
    void chatsStreamsListsAndEmbeds(@TempDir Path home) throws Exception {
        try (var engine = new EngineProcess(home.resolve("engine"));
                var daemon = new TestDaemon(home, engine.socket())) {
            var seen = ClientPrograms.node("client.mjs", daemon.url + "/v1");

            assertEquals("7 plus 5 is 12.", seen.get("chat").asString(), seen.toString());
            assertEquals("stop", seen.get("finish").asString());
            assertEquals(25, seen.get("total").asInt());
            assertEquals("7 plus 5 is 12.", seen.get("streamed").asString());
            assertTrue(seen.get("chunks").asInt() > 4, seen.toString());
            assertEquals(25, seen.get("streamedTotal").asInt());
            assertEquals(1, seen.get("models").size());
            assertEquals(256, seen.get("dimensions").asInt());
            assertEquals(1, seen.get("length").asDouble(), 1e-3);
            assertEquals(0, seen.get("difference").asDouble(), 1e-6);
            assertEquals("BadRequestError", seen.at("/refused/name").asString());
            assertEquals(400, seen.at("/refused/status").asInt());
            assertEquals("invalid_value", seen.at("/refused/code").asString());
            assertEquals("temperature", seen.at("/refused/param").asString());
        }
    }

    @Test
    void goesThroughConversations(@TempDir Path home) throws Exception {
        var root = Credential.root();
        try (var engine = new EngineProcess(home.resolve("engine"));
                var vault = new RealVault(home, root, () -> {}, "");
                var daemon = new TestDaemon(
                        home,
                        engine.socket(),
                        BusClient.to(home.resolve("vault.sock"), "daemon", root.forRole("daemon")),
                        () -> {})) {
            SecretCall.make(
                    home.resolve("vault-secrets.sock"),
                    SecretCall.Verb.CREATE,
                    List.of(
                            ByteBuffer.wrap("an owl in the barn".getBytes(StandardCharsets.US_ASCII)),
                            ByteBuffer.allocate(0)));
            var seen = ClientPrograms.node("conversations.mjs", daemon.url + "/v1");

            var told = "[\"user: What is 7 plus 5?\",\"assistant: 7 plus 5 is 12.\"]";
            assertEquals("sums", seen.at("/made/metadata/topic").asString(), seen.toString());
            assertEquals(seen.get("made"), seen.get("retrieved"));
            assertEquals("{\"topic\":\"addition\"}", seen.get("updated").toString());
            assertEquals("7 plus 5 is 12.", seen.get("answer").asString());
            assertEquals(seen.at("/made/id"), seen.get("conversation"));
            assertEquals(told, seen.get("told").toString(), "page by page");
            assertTrue(seen.get("apart").isNull(), seen.toString());
            assertEquals(told, seen.get("stillTold").toString(), "what went on apart from it is no part of it");
            assertEquals(1, seen.get("added").asInt());
            assertEquals("Thank you.", seen.get("item").asString());
            assertTrue(seen.get("newest").asBoolean());
            assertEquals(told, seen.get("left").toString());
            assertEquals(seen.at("/made/id"), seen.at("/deleted/id"));
            assertTrue(seen.at("/deleted/deleted").asBoolean());
            assertEquals("NotFoundError", seen.at("/gone/name").asString());
            assertEquals(404, seen.at("/gone/status").asInt());
            assertEquals("not_found", seen.at("/goneForResponses/code").asString());
            assertEquals("conversation", seen.at("/goneForResponses/param").asString());
            assertEquals(0, vault.faults.get());
        }
    }
}
