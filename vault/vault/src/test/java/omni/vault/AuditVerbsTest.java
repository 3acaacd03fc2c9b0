package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.Credential;
import omni.vault.SecretCall.Verb;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What each call leaves in the audit log: all that opens, gives away, destroys or changes a rule, and nothing of what was said. */
final class AuditVerbsTest {
    /** Stands in each text that is kept. */
    private static final String CONTENT = "heron";

    @TempDir
    Path home;

    private Vault vault;
    private BusServer server;
    private BusClient bus;
    private VaultProtocol.Client of;
    private RecordsProtocol.Client records;
    private BackupsProtocol.Client backups;
    private String stick;

    /** Something that is called, and the event that it is to leave; none where that is empty. */
    private record Expected(Optional<AuditEvent> event, Runnable call) {}

    private final Map<String, Expected> verbs = new LinkedHashMap<>();

    @BeforeEach
    void make() throws IOException {
        VaultHome at = new VaultHome(home.resolve("vault"), Clock.systemUTC());
        vault = at.made();
        stick = home.resolve("stick").toString();
        var config = new VaultConfig(Duration.ZERO, false, true, "off", Path.of(stick), Duration.ofHours(24), 1, 0, 0);
        Path socket = Files.createTempDirectory("ov").resolve("vault.sock");
        Credential root = Credential.root();
        server = BusServer.at(socket)
                .knowing(root)
                .service(VaultProtocol.service(new VaultService(vault, Duration.ZERO, List::of)))
                .service(RecordsProtocol.service(new RecordsService(vault, vault.permits())))
                .service(BackupsProtocol.service(
                        new BackupService(vault, new BackupSchedule(vault, config, Clock.systemUTC()))))
                .start();
        bus = BusClient.to(socket, "daemon", root.forRole("daemon"));
        of = VaultProtocol.Client.of(bus);
        records = RecordsProtocol.Client.of(bus);
        backups = BackupsProtocol.Client.of(bus);
    }

    @AfterEach
    void close() throws VaultException {
        bus.close();
        server.close();
        if (vault.peek().isPresent()) {
            vault.open().close();
        }
    }

    private void silent(String name, Runnable call) {
        verbs.put(name, new Expected(Optional.empty(), call));
    }

    private void told(String name, AuditEvent event, Runnable call) {
        verbs.put(name, new Expected(Optional.of(event), call));
    }

    private String permit() {
        return vault.permits().issue("me");
    }

    private static ObjectNode item() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "message")
                .put("role", "user")
                .put("content", CONTENT);
    }

    private String conversation() {
        return records.createConversation(
                        new RecordsProtocol.CreateConversationParams(Map.of("title", CONTENT), List.of(item()), null))
                .conversation()
                .id();
    }

    private String item(String conversation) {
        return records.listItems(new RecordsProtocol.ListItemsParams(conversation, null, 1, true))
                .items()
                .getFirst()
                .id();
    }

    private String memory() {
        return records.createMemory(new RecordsProtocol.CreateMemoryParams(CONTENT, CONTENT))
                .memory()
                .id();
    }

    private String response(int number) {
        String id = "resp_" + String.format("%048x", number);
        ObjectNode output =
                item().put("id", "msg_" + String.format("%048x", number)).put("role", "assistant");
        var kept = new RecordsProtocol.KeepResponseParams(
                id, null, null, JsonNodeFactory.instance.objectNode(), List.of(item()), List.of(output));
        return records.keepResponse(kept).response().id();
    }

    private void ofRecords() {
        String id = conversation();
        String memory = memory();
        String response = response(1);
        silent("createConversation", this::conversation);
        silent("getConversation", () -> records.getConversation(new RecordsProtocol.GetConversationParams(id)));
        silent(
                "updateConversation",
                () -> records.updateConversation(
                        new RecordsProtocol.UpdateConversationParams(id, Map.of("title", CONTENT))));
        told(
                "keepConversation",
                AuditEvent.POLICY_CHANGED,
                () -> records.keepConversation(new RecordsProtocol.KeepConversationParams(id, 1000L)));
        told(
                "deleteConversation",
                AuditEvent.DELETED,
                () -> records.deleteConversation(new RecordsProtocol.DeleteConversationParams(conversation())));
        silent("requireRoom", () -> records.requireRoom(new RecordsProtocol.RequireRoomParams(id, 1L, 1L)));
        silent(
                "listConversations",
                () -> records.listConversations(new RecordsProtocol.ListConversationsParams(null, 10)));
        silent(
                "searchConversations",
                () -> records.searchConversations(new RecordsProtocol.SearchConversationsParams(CONTENT, 10)));
        silent("createItems", () -> records.createItems(new RecordsProtocol.CreateItemsParams(id, List.of(item()))));
        silent("listItems", () -> item(id));
        silent("getItem", () -> records.getItem(new RecordsProtocol.GetItemParams(id, item(id))));
        told(
                "deleteItem",
                AuditEvent.DELETED,
                () -> records.deleteItem(new RecordsProtocol.DeleteItemParams(id, item(id))));
        silent("keepResponse", () -> response(2));
        silent("getResponse", () -> records.getResponse(new RecordsProtocol.GetResponseParams(response)));
        silent(
                "listResponseInput",
                () -> records.listResponseInput(new RecordsProtocol.ListResponseInputParams(response, null, 10, true)));
        told(
                "deleteResponse",
                AuditEvent.DELETED,
                () -> records.deleteResponse(new RecordsProtocol.DeleteResponseParams(response)));
        silent("createMemory", this::memory);
        silent("getMemory", () -> records.getMemory(new RecordsProtocol.GetMemoryParams(memory)));
        silent("editMemory", () -> records.editMemory(new RecordsProtocol.EditMemoryParams(memory, CONTENT, CONTENT)));
        told(
                "deleteMemory",
                AuditEvent.DELETED,
                () -> records.deleteMemory(new RecordsProtocol.DeleteMemoryParams(memory())));
        silent("listMemories", () -> records.listMemories(new RecordsProtocol.ListMemoriesParams(null, 10)));
        silent("searchMemories", () -> records.searchMemories(new RecordsProtocol.SearchMemoriesParams(CONTENT, 10)));
        silent("retention", () -> records.retention(new RecordsProtocol.RetentionParams()));
        told(
                "setRetention",
                AuditEvent.POLICY_CHANGED,
                () -> records.setRetention(new RecordsProtocol.SetRetentionParams(100_000L, permit(), "me")));
        var key = new RecordsProtocol.ApiKey("0".repeat(12), "a".repeat(43));
        told(
                "compareKeys",
                AuditEvent.API_KEYS,
                () -> records.compareKeys(new RecordsProtocol.CompareKeysParams(List.of(key))));
        told(
                "knowKey",
                AuditEvent.API_KEYS,
                () -> records.knowKey(
                        new RecordsProtocol.KnowKeyParams(new RecordsProtocol.ApiKey(key.id(), "b".repeat(43)), true)));
        told("revokeKey", AuditEvent.API_KEYS, () -> records.revokeKey(new RecordsProtocol.RevokeKeyParams(key.id())));
    }

    private void ofTheRest() {
        told("take", AuditEvent.BACKED_UP, () -> backups.take(new BackupsProtocol.TakeParams(stick, null, null)));
        silent("list", () -> backups.list(new BackupsProtocol.ListParams(stick)));
        silent("verify", () -> {
            backups.verify(new BackupsProtocol.VerifyParams(stick, null));
            of.verify(new VaultProtocol.VerifyParams(null));
        });
        told(
                "forget",
                AuditEvent.DELETED,
                () -> backups.forget(new BackupsProtocol.ForgetParams(
                        stick,
                        backups.list(new BackupsProtocol.ListParams(stick))
                                .copies()
                                .getFirst()
                                .snapshot(),
                        null,
                        null,
                        permit(),
                        "me")));
        silent("status", () -> of.status(new VaultProtocol.StatusParams()));
        told("redeem", AuditEvent.PERMIT_USED, () -> of.redeem(new VaultProtocol.RedeemParams(permit(), "me")));
        told("export", AuditEvent.EXPORTED, () -> {
            try (var lines = of.exportMore(new VaultProtocol.ExportParams(permit(), "me"))) {
                while (lines.hasNext()) {
                    lines.next();
                }
            }
        });
    }

    private List<AuditLine> lines() throws VaultException {
        vault.open().tally().flush();
        return new AuditTable(vault.open().records())
                .read(1, 1000).stream().map(AuditVerbsTest::line).toList();
    }

    private static AuditLine line(AuditRow row) {
        try {
            return AuditLine.read(row.line());
        } catch (VaultException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Set<String> methods(Class<?>... handlers) {
        Set<String> names = new TreeSet<>();
        for (Class<?> handler : handlers) {
            Arrays.stream(handler.getDeclaredMethods())
                    .filter(method -> !method.isSynthetic())
                    .map(Method::getName)
                    .forEach(names::add);
        }
        return names;
    }

    @Test
    void eachCallOverTheBusLeavesItsLineOrNone() throws VaultException {
        ofRecords();
        ofTheRest();
        Set<String> all =
                methods(VaultProtocol.Handler.class, RecordsProtocol.Handler.class, BackupsProtocol.Handler.class);
        all.removeAll(verbs.keySet());
        assertEquals(Set.of("lock", "wipe"), all, "which end it: VaultTest, and after a wipe there is no log");
        for (var verb : verbs.entrySet()) {
            int before = lines().size();
            verb.getValue().call().run();
            List<AuditLine> since = lines().subList(before, lines().size());
            assertEquals(
                    verb.getValue().event().stream().toList(),
                    since.stream().map(AuditLine::event).toList(),
                    verb.getKey());
            assertTrue(since.stream().noneMatch(line -> line.text().contains(CONTENT)), verb.getKey());
        }
        assertEquals(List.of(), vault.open().audit().check(List.of()).problems());
    }

    /** As on a disk that fills up: the row is gone, and what it left in the files is cleared at the next unlock. */
    @Test
    void aDeletionWhoseRestFailsIsWrittenDown() throws VaultException {
        String memory = memory();
        vault.open().records().write(sql -> {
            sql.run("CREATE TEMP TABLE purge_copy (a)"); // where the purge makes its own
            return true;
        });
        var params = new RecordsProtocol.DeleteMemoryParams(memory);
        assertThrows(RecordsProtocol.Failed.class, () -> records.deleteMemory(params));
        assertEquals(AuditEvent.DELETED, lines().getLast().event());
        int before = lines().size();
        assertThrows(RecordsProtocol.Failed.class, () -> records.deleteMemory(params), "it is gone");
        assertEquals(before, lines().size());
    }

    /** One that is refused changes nothing, and one that is in force already is none. */
    @Test
    void aRuleIsWrittenDownWhereItIsAnother() throws VaultException {
        for (long seconds : new long[] {0, 100_000, 100_000}) {
            try {
                records.setRetention(new RecordsProtocol.SetRetentionParams(seconds, permit(), "me"));
            } catch (RecordsProtocol.Failed e) {
                assertEquals(0, seconds);
            }
        }
        assertEquals(
                List.of(AuditEvent.POLICY_CHANGED),
                lines().stream()
                        .map(AuditLine::event)
                        .filter(event -> event == AuditEvent.POLICY_CHANGED)
                        .toList());
    }

    /** Of those with a secret, that need neither TPM nor another place. */
    @Test
    void eachSecretLeavesItsLine() throws VaultException {
        String words = VaultHome.call(vault, Verb.NEW_RECOVERY_KEY, Made.PASSWORD, "");
        VaultHome.call(vault, Verb.PROVE, Made.PASSWORD, "", "me");
        VaultHome.call(vault, Verb.CHANGE_PASSWORD, Made.PASSWORD, "", "another password", "");
        VaultHome.call(vault, Verb.RECOVER, words, Made.PASSWORD, "");
        VaultHome.call(vault, Verb.ROTATE, Made.PASSWORD, "");
        assertEquals(
                List.of(
                        "created",
                        "recovery-changed",
                        "proved",
                        "password-changed",
                        "recovery-used",
                        "audit-key",
                        "rotated"),
                VaultHome.events(vault));
    }

    /** No word is in the log's language that nothing says. */
    @Test
    void eachEventIsWrittenBySomething() throws IOException {
        Set<AuditEvent> written = EnumSet.noneOf(AuditEvent.class);
        Set<Path> files = new HashSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java/omni/vault"))) {
            files.addAll(sources.filter(file -> file.toString().endsWith(".java") && !file.endsWith("AuditEvent.java"))
                    .toList());
        }
        for (Path file : files) {
            String text = Files.readString(file);
            for (AuditEvent event : AuditEvent.values()) {
                if (text.matches("(?s).*AuditEvent\\." + event.name() + "\\b.*")) {
                    written.add(event);
                }
            }
        }
        assertEquals(EnumSet.allOf(AuditEvent.class), written);
    }
}
