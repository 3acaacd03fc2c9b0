package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.Credential;
import omni.bus.ReplyStream;
import omni.vault.RecordsProtocol.FailedReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What an open vault answers over the bus, and to whom. */
final class RecordsServiceTest {
    @TempDir
    Path folder;

    private final Credential root = Credential.root();
    private final Permits permits = new Permits(InstantSource.system());
    private Optional<OpenVault> open = Optional.empty();
    private Path socket;
    private BusServer server;

    @BeforeEach
    void serve() throws IOException {
        open = Optional.of(OpenVault.open(folder, ring(), Clock.systemUTC()));
        socket = Files.createTempDirectory("ov").resolve("vault.sock");
        server = BusServer.at(socket)
                .knowing(root)
                .service(RecordsProtocol.service(new RecordsService(
                        () -> open.orElseThrow(
                                () -> new VaultException(VaultException.Reason.SEALED, "The vault is locked.")),
                        permits,
                        Duration.ofMillis(200))))
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        if (open.isPresent()) {
            open.get().records().close();
            open.get().keys().close();
        }
    }

    private static KeyRing ring() throws VaultException {
        List<KeyRing.Name> names = Arrays.stream(Purpose.values())
                .map(purpose -> new KeyRing.Name(purpose, 1))
                .toList();
        byte[] keys = new byte[names.size() * DataKeys.KEY_BYTES];
        new SecureRandom().nextBytes(keys);
        SecretMemory memory = SecretMemory.of(keys.length);
        memory.buffer().put(keys);
        return new KeyRing(memory, names);
    }

    private void asDaemon(Consumer<RecordsProtocol.Client> work) {
        try (BusClient bus = BusClient.to(socket, "daemon", root.forRole("daemon"))) {
            work.accept(RecordsProtocol.Client.of(bus));
        }
    }

    private static ObjectNode message(String text) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "message")
                .put("role", "user")
                .put("content", text);
    }

    private static FailedReason reason(Runnable call) {
        return assertThrows(RecordsProtocol.Failed.class, call::run).reason();
    }

    @Test
    void theDaemonIsServed() {
        asDaemon(records -> {
            var made = records.createConversation(new RecordsProtocol.CreateConversationParams(
                            Map.of("a", "b"), List.of(message("about foxes"), message("about geese")), null))
                    .conversation();
            assertEquals(2, made.items());
            var items = records.listItems(new RecordsProtocol.ListItemsParams(made.id(), null, 1, true));
            assertTrue(items.more());
            assertEquals("about foxes", text(items.items().getFirst().body()));
            assertEquals(
                    List.of(made.id()),
                    records
                            .searchConversations(new RecordsProtocol.SearchConversationsParams("gee", 10))
                            .hits()
                            .stream()
                            .map(RecordsProtocol.Hit::where)
                            .toList());
            records.deleteConversation(new RecordsProtocol.DeleteConversationParams(made.id()));
            assertEquals(
                    FailedReason.MISSING,
                    reason(() -> records.getConversation(new RecordsProtocol.GetConversationParams(made.id()))));
            var memory = records.createMemory(new RecordsProtocol.CreateMemoryParams("name", "text"))
                    .memory();
            assertEquals(
                    "other",
                    records.editMemory(new RecordsProtocol.EditMemoryParams(memory.id(), "name", "other"))
                            .memory()
                            .text());
            records.setRetention(new RecordsProtocol.SetRetentionParams(60L, permits.issue("me"), "me"));
            assertEquals(
                    60L,
                    records.retention(new RecordsProtocol.RetentionParams()).keepSeconds());
        });
    }

    /** It deletes all that is older, at once. */
    @Test
    void aShorterRetentionNeedsThePassword() {
        asDaemon(records -> {
            String permit = permits.issue("me");
            for (var rule : List.of(
                    new RecordsProtocol.SetRetentionParams(60L, null, null),
                    new RecordsProtocol.SetRetentionParams(60L, "none", "me"),
                    new RecordsProtocol.SetRetentionParams(60L, permit, null),
                    new RecordsProtocol.SetRetentionParams(60L, permit, "other"))) {
                assertEquals(FailedReason.DENIED, reason(() -> records.setRetention(rule)));
            }
            assertNull(records.retention(new RecordsProtocol.RetentionParams()).keepSeconds());
            records.setRetention(new RecordsProtocol.SetRetentionParams(60L, permit, "me"));
            for (Long longer : Arrays.asList(60L, 61L, null)) {
                records.setRetention(new RecordsProtocol.SetRetentionParams(longer, null, null));
                assertEquals(
                        longer,
                        records.retention(new RecordsProtocol.RetentionParams()).keepSeconds());
            }
        });
    }

    private static String text(JsonNode item) {
        return item.path("content").asString("");
    }

    /** The heap holds a few of the largest pages: who comes while they are not taken is told to come later. */
    @Test
    void soManyPagesAreSentAtOnce() {
        asDaemon(records -> {
            var id = records.createConversation(new RecordsProtocol.CreateConversationParams(
                            Map.of(), List.of(message("x".repeat(1_000_000))), null))
                    .conversation()
                    .id();
            var page = new RecordsProtocol.ListItemsParams(id, null, 100, true);
            var untaken = new ArrayDeque<ReplyStream<RecordsProtocol.ListItemsReply>>();
            for (int i = 0; i < RecordsService.PAGES_AT_ONCE; i++) {
                untaken.add(records.listItemsMore(page));
            }
            assertTrue(IntStream.range(0, 100).anyMatch(_ -> later(() -> records.listItems(page))));
            assertEquals(
                    id,
                    records.getConversation(new RecordsProtocol.GetConversationParams(id))
                            .conversation()
                            .id());
            assertEquals(1, untaken.remove().next().items().size());
            assertEquals(1, records.listItems(page).items().size(), "the control: a place is free again");
            untaken.forEach(ReplyStream::close);
        });
    }

    private static boolean later(Runnable call) {
        try {
            call.run();
            return false;
        } catch (RecordsProtocol.Failed e) {
            return e.reason() == FailedReason.LATER;
        }
    }

    /** As deep as an item may be, it comes back in every message that there is for it. */
    @Test
    void theDeepestItemIsRead() {
        asDaemon(records -> {
            var deep = JsonNodeFactory.instance.objectNode();
            var inner = deep;
            for (int i = 1; i < KeptBounds.ITEM_DEPTH_MAX; i++) {
                inner = inner.putObject("in");
            }
            var made = records.createConversation(
                            new RecordsProtocol.CreateConversationParams(Map.of(), List.of(deep), null))
                    .conversation();
            var id = records.createItems(new RecordsProtocol.CreateItemsParams(made.id(), List.of(deep)))
                    .items()
                    .getFirst()
                    .id();
            records.getItem(new RecordsProtocol.GetItemParams(made.id(), id));
            var list = new RecordsProtocol.ListItemsParams(made.id(), null, 100, true);
            assertEquals(2, records.listItems(list).items().size());
            inner.putObject("in");
            assertEquals(
                    FailedReason.INVALID,
                    reason(() -> records.createItems(new RecordsProtocol.CreateItemsParams(made.id(), List.of(deep)))));
            var response = "resp_" + "a".repeat(48);
            inner.removeAll();
            records.keepResponse(new RecordsProtocol.KeepResponseParams(
                    response,
                    null,
                    null,
                    message("body"),
                    List.of(deep),
                    List.of(deep.deepCopy().put("id", "msg_" + "b".repeat(48)))));
            records.getResponse(new RecordsProtocol.GetResponseParams(response));
            var input = new RecordsProtocol.ListResponseInputParams(response, null, 100, true);
            assertEquals(1, records.listResponseInput(input).items().size());
        });
    }

    @Test
    void nobodyElseIs() {
        var list = new RecordsProtocol.ListMemoriesParams(null, 10);
        try (BusClient stranger = BusClient.to(socket);
                BusClient engine = BusClient.to(socket, "engine", root.forRole("engine"))) {
            for (BusClient bus : List.of(stranger, engine)) {
                var records = RecordsProtocol.Client.of(bus);
                assertEquals(FailedReason.DENIED, reason(() -> records.listMemories(list)));
                assertEquals(
                        FailedReason.DENIED,
                        reason(() -> records.createMemory(new RecordsProtocol.CreateMemoryParams("name", "text"))));
                assertEquals(
                        FailedReason.DENIED,
                        reason(() -> records.compareKeys(new RecordsProtocol.CompareKeysParams(List.of()))));
                var key = new RecordsProtocol.ApiKey("0".repeat(12), "a".repeat(43));
                assertEquals(
                        FailedReason.DENIED,
                        reason(() -> records.knowKey(new RecordsProtocol.KnowKeyParams(key, true))));
                assertEquals(
                        FailedReason.DENIED,
                        reason(() -> records.revokeKey(new RecordsProtocol.RevokeKeyParams(key.id()))));
            }
        }
        asDaemon(records -> assertEquals(List.of(), records.listMemories(list).memories(), "the control"));
    }

    @Test
    void aSealedVaultSaysSo() throws IOException {
        stop();
        open = Optional.empty();
        server = BusServer.at(socket)
                .knowing(root)
                .service(RecordsProtocol.service(new RecordsService(
                        () -> {
                            throw new VaultException(VaultException.Reason.SEALED, "The vault is locked.");
                        },
                        permits)))
                .start();
        asDaemon(records -> assertEquals(
                FailedReason.SEALED,
                reason(() -> records.listMemories(new RecordsProtocol.ListMemoriesParams(null, 10)))));
    }

    /** A page of large items is short, and the next ones follow: neither the heap nor a message of the bus bursts. */
    @Test
    void aPageOfLargeItemsIsCut() {
        asDaemon(records -> {
            var items = Collections.nCopies(6, (JsonNode) message("x".repeat(700_000)));
            var id = records.createConversation(new RecordsProtocol.CreateConversationParams(Map.of(), items, null))
                    .conversation()
                    .id();
            int pages = 0;
            int seen = 0;
            String after = null;
            boolean more = true;
            while (more) {
                var page = records.listItems(new RecordsProtocol.ListItemsParams(id, after, 100, true));
                more = page.more();
                seen += page.items().size();
                after = page.items().getLast().id();
                pages++;
            }
            assertEquals(6, seen);
            assertEquals(3, pages);
        });
    }

    @Test
    void whatIsOutOfBoundsIsRefused() {
        asDaemon(records -> {
            for (long limit : new long[] {0, 101, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
                assertEquals(
                        FailedReason.INVALID,
                        reason(() -> records.listMemories(new RecordsProtocol.ListMemoriesParams(null, limit))));
            }
            for (long seconds : new long[] {0, -1, Long.MAX_VALUE}) {
                assertEquals(
                        FailedReason.INVALID,
                        reason(() ->
                                records.setRetention(new RecordsProtocol.SetRetentionParams(seconds, null, null))));
            }
            assertEquals(
                    FailedReason.INVALID,
                    reason(() -> records.createConversation(new RecordsProtocol.CreateConversationParams(
                            Map.of(), List.of(JsonNodeFactory.instance.stringNode("no object")), null))));
        });
    }
}
