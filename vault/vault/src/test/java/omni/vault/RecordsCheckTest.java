package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A check sees every damage, wherever it is. */
class RecordsCheckTest {
    @TempDir
    Path folder;

    @Test
    void aWholeOneHasNoProblems() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            vault.conversation("one", "two");
            vault.memories.create("name", "text");
            vault.secrets.put("token", new byte[] {1});
            RecordsCheck.Report report = RecordsCheck.open(vault.records);
            assertEquals(List.of(), report.problems());
            assertEquals(5, report.texts());
            assertTrue(report.pages() > 10);
        }
    }

    @Test
    void aTextThatWasPutInAnothersPlaceIsSeen() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            vault.conversation("one", "two");
            vault.records.write(sql -> sql.change("UPDATE items SET body = (SELECT max(body) FROM items)"));
            List<String> problems = RecordsCheck.open(vault.records).problems();
            assertEquals(1, problems.size(), problems.toString());
            assertTrue(problems.getFirst().contains("msg_"), problems.toString());
        }
    }

    @Test
    void aRowThatBelongsToNothingIsSeen() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            vault.conversation("one");
            vault.records.write(sql -> {
                sql.run("PRAGMA defer_foreign_keys = ON");
                return sql.change("UPDATE row_keys SET wrapped = zeroblob(76)");
            });
            List<String> problems = RecordsCheck.open(vault.records).problems();
            assertEquals(2, problems.size(), problems.toString());
        }
    }
}
