package omni.vault;

import static omni.vault.ConversationsTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memories, settings and secrets. */
class MemoriesTest {
    @TempDir
    Path folder;

    private TestVault vault;

    @BeforeEach
    void open() throws Exception {
        vault = new TestVault(folder.resolve("v"));
    }

    @AfterEach
    void close() throws Exception {
        vault.close();
    }

    @Test
    void oneIsCreatedReadEditedAndDeleted() throws Exception {
        Memory made = vault.memories.create("Birthday", "Anna's is in May.");
        assertEquals(made, vault.memories.retrieve(made.id()));
        vault.at(TestVault.BEGIN.plusSeconds(1));
        Memory edited = vault.memories.edit(made.id(), "Birthday", "Anna's is in June.");
        assertEquals(edited, vault.memories.retrieve(made.id()));
        assertEquals(TestVault.BEGIN, edited.created());
        assertEquals(TestVault.BEGIN.plusSeconds(1), edited.updated());
        assertEquals(List.of(), vault.search.memories("may", 10));
        assertEquals(made.id(), vault.search.memories("june", 10).getFirst().in());
        vault.memories.delete(made.id());
        refused(Reason.MISSING, () -> vault.memories.retrieve(made.id()));
        refused(Reason.MISSING, () -> vault.memories.edit(made.id(), "a", "b"));
        refused(Reason.MISSING, () -> vault.memories.delete(made.id()));
        assertEquals(List.of(), vault.search.memories("june", 10));
    }

    @Test
    void theNewestIsListedFirst() throws Exception {
        List<Memory> made = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            made.addFirst(vault.memories.create("m" + i, ""));
        }
        assertEquals(
                made.subList(0, 2), vault.memories.list(Optional.empty(), 2).entries());
        assertEquals(
                made.subList(2, 3),
                vault.memories.list(Optional.of(made.get(1).id()), 2).entries());
        refused(Reason.INVALID, () -> vault.memories.list(Optional.empty(), 101));
    }

    @Test
    void nameTextAndCountAreBounded() throws Exception {
        Memory longest = vault.memories.create("n".repeat(Memories.NAME_MAX), "ä".repeat(Memories.TEXT_BYTES_MAX / 2));
        assertEquals(longest, vault.memories.retrieve(longest.id()));
        refused(Reason.INVALID, () -> vault.memories.create("n".repeat(Memories.NAME_MAX + 1), ""));
        refused(Reason.INVALID, () -> vault.memories.create("", ""));
        refused(Reason.INVALID, () -> vault.memories.create("two\nlines", ""));
        refused(Reason.INVALID, () -> vault.memories.create("n", "ä".repeat(Memories.TEXT_BYTES_MAX / 2) + "x"));
        refused(Reason.INVALID, () -> vault.memories.create("n", "\uDE00"));
        refused(Reason.INVALID, () -> vault.memories.edit(longest.id(), "n", "zero\0"));
        vault.records.write(sql -> sql.change(
                "WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                        + " INSERT INTO memories (id, key, created, updated, body) SELECT i, 1, 0, 0, x'00' FROM n",
                Memories.COUNT_MAX - 1));
        vault.memories.create("the last", "");
        refused(Reason.REFUSED, () -> vault.memories.create("one more", ""));
    }

    @Test
    void settingsArePutReadAndRemoved() throws Exception {
        vault.settings.put("b", "1");
        vault.settings.put("a", "2");
        vault.settings.put("b", "3");
        assertEquals(Map.of("a", "2", "b", "3"), vault.settings.all());
        assertEquals(Optional.of("3"), vault.settings.get("b"));
        vault.settings.remove("b");
        assertEquals(Optional.empty(), vault.settings.get("b"));
        refused(Reason.MISSING, () -> vault.settings.remove("b"));
        vault.settings.put("n".repeat(Settings.NAME_MAX), "v".repeat(Settings.VALUE_BYTES_MAX));
        refused(Reason.INVALID, () -> vault.settings.put("n".repeat(Settings.NAME_MAX + 1), ""));
        refused(Reason.INVALID, () -> vault.settings.put("n", "v".repeat(Settings.VALUE_BYTES_MAX + 1)));
        refused(Reason.INVALID, () -> vault.settings.put("", ""));
    }

    @Test
    void settingsAreCounted() throws Exception {
        vault.records.write(sql -> sql.change(
                "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                        + " INSERT INTO settings (name, value) SELECT i, '' FROM n",
                Settings.COUNT_MAX));
        vault.settings.put("1", "again");
        refused(Reason.REFUSED, () -> vault.settings.put("one more", ""));
        assertEquals(Settings.COUNT_MAX, vault.settings.all().size());
    }

    @Test
    void secretsAreListedByNameAlone() throws Exception {
        byte[] token = {0, 1, 2, (byte) 255};
        vault.secrets.put("b", new byte[] {9});
        vault.secrets.put("b", token);
        vault.secrets.put("a", new byte[0]);
        assertEquals(List.of("a", "b"), vault.secrets.names());
        assertArrayEquals(token, vault.secrets.get("b"));
        vault.secrets.remove("b");
        refused(Reason.MISSING, () -> vault.secrets.get("b"));
        refused(Reason.MISSING, () -> vault.secrets.remove("b"));
        assertEquals(List.of("a"), vault.secrets.names());
    }

    @Test
    void secretsAreBounded() throws Exception {
        vault.secrets.put("n".repeat(ProviderSecrets.NAME_MAX), new byte[ProviderSecrets.SECRET_BYTES_MAX]);
        refused(Reason.INVALID, () -> vault.secrets.put("n".repeat(ProviderSecrets.NAME_MAX + 1), new byte[0]));
        refused(Reason.INVALID, () -> vault.secrets.put("n", new byte[ProviderSecrets.SECRET_BYTES_MAX + 1]));
        vault.records.write(sql -> sql.change(
                "WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                        + " INSERT INTO provider_secrets (name, key, body) SELECT i, 1, x'00' FROM n",
                ProviderSecrets.COUNT_MAX));
        refused(Reason.REFUSED, () -> vault.secrets.put("one more", new byte[0]));
        vault.secrets.put("2", new byte[] {1});
        assertEquals(ProviderSecrets.COUNT_MAX, vault.secrets.names().size());
    }

    @Test
    void aSecretUnderAnotherNameDoesNotOpen() throws Exception {
        vault.secrets.put("mine", new byte[] {1});
        vault.records.write(sql -> sql.change("UPDATE provider_secrets SET name = 'yours'"));
        refused(Reason.DAMAGED, () -> vault.secrets.get("yours"));
    }
}
