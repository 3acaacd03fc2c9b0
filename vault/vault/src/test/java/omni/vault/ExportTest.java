package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.bus.BusClient;
import omni.bus.BusError;
import omni.bus.BusLimits;
import omni.bus.BusServer;
import omni.role.Attempts;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultProtocol.ExportParams;
import omni.vault.VaultProtocol.ExportReply;
import omni.vault.VaultProtocol.FailedReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What an open vault keeps is all in its export but the secrets of providers, and who has no permit gets none. */
final class ExportTest {
    @TempDir
    Path folder;

    private BackupVault made;
    private OpenVault vault;

    @BeforeEach
    void open() throws IOException {
        made = BackupVault.make(folder.resolve("made")).vault();
        vault = made.open;
    }

    @AfterEach
    void close() throws VaultException {
        made.close();
    }

    private List<ObjectNode> exported() throws VaultException {
        List<ObjectNode> objects = new ArrayList<>();
        Export.of(vault, lines -> {
            for (String line : lines) {
                objects.add(Json.object(line.getBytes(StandardCharsets.UTF_8)));
            }
        });
        return objects;
    }

    private static List<ObjectNode> of(String type, List<ObjectNode> objects) {
        return objects.stream()
                .filter(object -> object.path("type").asString().equals(type))
                .toList();
    }

    @Test
    void everythingIsInItButSecrets() throws VaultException {
        Conversation conversation = vault.conversations()
                .create(
                        Map.of("topic", "owls"),
                        List.of(TestVault.message("one\n\u2028")),
                        Optional.of(Duration.ofDays(1)));
        String response = "resp_" + "0".repeat(48);
        vault.conversations()
                .responses()
                .keep(
                        response,
                        new Responses.Place(Optional.of(conversation.id()), Optional.empty()),
                        Json.object().put("instructions", "be brief"),
                        List.of(TestVault.message("two")),
                        List.of(TestVault.message("three").put("id", "msg_" + "0".repeat(48))));
        Memory memory = vault.memories().create("bird", "an owl");
        vault.retention().rule(Optional.of(Duration.ofDays(30)));
        new ProviderSecrets(vault.records()).put("hub", "token".getBytes(StandardCharsets.UTF_8));
        vault.apiKeys().compare(List.of(new ApiKeys.Key("0".repeat(12), "a".repeat(43))));
        vault.apiKeys().revoke("1".repeat(12));

        List<ObjectNode> objects = exported();
        assertEquals("omni.export", objects.getFirst().path("type").asString());
        assertEquals(1, objects.getFirst().path("version").asInt());
        assertEquals("end", objects.getLast().path("type").asString());
        assertEquals(objects.size() - 1, objects.getLast().path("lines").asInt());
        ObjectNode kept = of("conversation", objects).getFirst();
        assertEquals(conversation.id(), kept.path("id").asString());
        assertEquals(86_400, kept.path("keep_seconds").asInt());
        assertEquals("owls", kept.at("/metadata/topic").asString());
        assertEquals(
                List.of("one\n\u2028", "two", "three"),
                of("item", objects).stream()
                        .map(item -> item.at("/item/content/0/text").asString())
                        .toList());
        ObjectNode answer = of("response", objects).getFirst();
        assertEquals(response, answer.path("id").asString());
        assertEquals(conversation.id(), answer.path("conversation").asString());
        assertEquals("be brief", answer.at("/response/instructions").asString());
        assertEquals(of("item", objects).getLast().at("/item/id"), answer.at("/output/0"));
        assertEquals(
                memory.text(), of("memory", objects).getFirst().path("text").asString());
        assertEquals("PT720H", of("setting", objects).getFirst().path("value").asString());
        assertEquals(9, objects.size());
        assertFalse(objects.toString().contains("hub"), "nor is there the name of one");
    }

    /** The first line tells of the form, the last that nothing is missing. */
    @Test
    void anEmptyVaultHasTwoLines() throws VaultException {
        assertEquals(2, exported().size());
    }

    @Test
    void longListsAreWhole() throws VaultException {
        int many = Bounds.LIST_MAX + 1;
        String id = "";
        for (int i = 0; i < many; i++) {
            vault.memories().create("m" + i, "text");
            id = vault.conversations()
                    .create(Map.of(), List.of(), Optional.empty())
                    .id();
        }
        Responses responses = vault.conversations().responses();
        for (int i = 0; i < many; i++) {
            responses.keep(
                    "resp_%048d".formatted(i),
                    new Responses.Place(Optional.of(id), Optional.empty()),
                    Json.object(),
                    List.of(TestVault.message("text " + i)),
                    List.of());
        }
        List<ObjectNode> objects = exported();
        for (String type : List.of("memory", "conversation", "item", "response")) {
            assertEquals(many, of(type, objects).stream().distinct().count(), type);
        }
        assertEquals(2 + 4 * many, objects.size());
    }

    /** Each reply holds little more than one thing of the largest size, and the bus takes it. */
    @Test
    void largeThingsComeAFewAtATime() throws VaultException {
        String large = "\\".repeat(KeptBounds.ITEM_BYTES_MAX / 2 - 100); // twice as long in JSON, and again on the bus
        String id = made.conversation(large);
        for (int i = 0; i < 3; i++) {
            vault.conversations().items().create(id, List.of(TestVault.message(large)));
        }
        List<Integer> bytes = new ArrayList<>();
        Export.of(
                vault,
                lines -> bytes.add(new ExportReply(lines).toJson().toString().getBytes(StandardCharsets.UTF_8).length));
        assertTrue(bytes.size() >= 4, bytes::toString);
        assertTrue(
                bytes.stream().allMatch(length -> length < BusLimits.defaults().messageBytesMax() / 2),
                bytes::toString);
    }

    /** What a list would go on from is deleted between two of its pages; the rest of it comes all the same. */
    @Test
    void whatIsDeletedMeanwhileTakesNothingElseAlong() throws VaultException {
        String large = "x".repeat(KeptBounds.ITEM_BYTES_MAX - 200);
        String id = made.conversation("first", large);
        vault.conversations().items().create(id, List.of(TestVault.message("behind it")));
        String other = made.conversation("another", large, "last");
        List<ObjectNode> seen = new ArrayList<>();
        Export.of(vault, lines -> {
            lines.forEach(line -> seen.add(object(line)));
            ObjectNode last = seen.getLast();
            if (last.path("type").asString().equals("item")) {
                String conversation = last.path("conversation").asString();
                if (conversation.equals(id)) {
                    vault.conversations().items().delete(id, last.at("/item/id").asString());
                } else {
                    vault.conversations().delete(other);
                }
            }
        });
        List<String> texts = of("item", seen).stream()
                .map(item -> item.at("/item/content/0/text").asString())
                .filter(text -> !text.equals(large))
                .toList();
        assertEquals(List.of("first", "behind it", "another"), texts);
        assertEquals("end", seen.getLast().path("type").asString());
    }

    private static ObjectNode object(String line) {
        try {
            return Json.object(line.getBytes(StandardCharsets.UTF_8));
        } catch (VaultException e) {
            throw new AssertionError(e);
        }
    }

    /** Over the bus, as anybody of this user may ask. */
    @Test
    void whoHasNoPermitOfItsOwnSessionGetsNothing() throws IOException {
        Path home = Files.createDirectories(folder.resolve("vault"));
        Path run = Files.createTempDirectory("ov");
        Clock clock = Clock.systemUTC();
        var closed = new Vault(
                home,
                new KeyKeeper(home, run, Made.MACHINE),
                new Attempts(home.resolve("attempts"), clock),
                clock,
                () -> {});
        try (var _ = BusServer.at(run.resolve("vault.sock"))
                        .service(VaultProtocol.service(new VaultService(closed, Duration.ZERO, List::of)))
                        .start();
                var bus = BusClient.to(run.resolve("vault.sock"))) {
            var client = VaultProtocol.Client.of(bus);
            assertEquals(FailedReason.SEALED, refused(client, closed.permits().issue("mine"), "mine"));
            create(closed);
            closed.open().memories().create("bird", "an owl");
            String permit = closed.permits().issue("mine");
            assertEquals(FailedReason.DENIED, refused(client, "", "mine"));
            assertEquals(FailedReason.DENIED, refused(client, permit + "x", "mine"));
            assertEquals(FailedReason.DENIED, refused(client, permit, "another's"));
            assertThrows(BusError.class, () -> client.export(new ExportParams(permit, "mine")), "not as a stream");
            assertEquals(0, told(closed.open()));

            List<String> lines = new ArrayList<>();
            try (var parts = client.exportMore(new ExportParams(permit, "mine"))) {
                parts.forEachRemaining(part -> lines.addAll(part.lines()));
            }
            assertEquals(3, lines.size(), lines::toString);
            assertTrue(lines.get(1).contains("an owl"), lines::toString);
            assertEquals(1, told(closed.open()));
        } finally {
            closed.open().close();
        }
    }

    private static FailedReason refused(VaultProtocol.Client client, String permit, String session) {
        try (var parts = client.exportMore(new ExportParams(permit, session))) {
            return assertThrows(VaultProtocol.Failed.class, parts::next).reason();
        }
    }

    private static void create(Vault vault) throws VaultException {
        try (SecretMemory password = SecretMemory.of(Made.PASSWORD.length())) {
            password.buffer().put(Made.PASSWORD.getBytes(StandardCharsets.US_ASCII));
            vault.serve(Verb.CREATE, List.of(Optional.of(password), Optional.empty()), (part, done, total) -> {})
                    .orElseThrow()
                    .close();
        }
    }

    /** How many exports the log tells of, each with its session. */
    private static long told(OpenVault open) throws VaultException {
        return new AuditTable(open.records())
                .read(1, 100).stream()
                        .filter(row -> row.line().contains("\"event\":\"exported\""))
                        .filter(row -> row.line().contains("\"session\":\"mine\""))
                        .count();
    }
}
