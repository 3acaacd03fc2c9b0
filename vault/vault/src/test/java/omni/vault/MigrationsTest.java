package omni.vault;

import static omni.vault.ConversationsTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationsTest {
    private static final String FIRST = Migrations.bundled().steps().getFirst();
    private static final String SECOND = "CREATE TABLE more (a TEXT) STRICT;\n";

    @TempDir
    Path folder;

    @Test
    void aStepIsTakenOnce() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            Migrations two = new Migrations(List.of(FIRST, SECOND));
            two.apply(vault.records);
            two.apply(vault.records);
            assertEquals(2L, vault.records.<Long>read(sql -> sql.number("SELECT count(*) FROM migrations")));
            assertEquals(0L, vault.records.<Long>read(sql -> sql.number("SELECT count(*) FROM more")));
        }
    }

    @Test
    void recordsOfANewerProgramAreRefusedAndLeftAlone() throws Exception {
        Path place = folder.resolve("v");
        try (TestVault vault = new TestVault(place)) {
            new Migrations(List.of(FIRST, SECOND)).apply(vault.records);
        }
        byte[] before = Files.readAllBytes(Records.file(place));
        refused(Reason.REFUSED, () -> new TestVault(place));
        assertArrayEquals(before, Files.readAllBytes(Records.file(place)));
    }

    @Test
    void aStepThatIsNotTheOneThatWasTakenIsRefused() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            refused(Reason.REFUSED, () -> new Migrations(List.of(FIRST + " ")).apply(vault.records));
        }
    }

    @Test
    void aStepThatFailsHasDoneNothing() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            Migrations wrong = new Migrations(List.of(FIRST, SECOND + "CREATE TABLE more (a TEXT) STRICT;\n"));
            refused(Reason.FAILED, () -> wrong.apply(vault.records));
            assertEquals(
                    0L,
                    vault.records.<Long>read(
                            sql -> sql.number("SELECT count(*) FROM sqlite_schema WHERE name = 'more'")));
            new Migrations(List.of(FIRST, SECOND)).apply(vault.records);
        }
    }
}
