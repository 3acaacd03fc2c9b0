package omni.vault;

import static omni.vault.ConversationsTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationsTest {
    private static final List<String> OURS = Migrations.bundled().steps();
    private static final String NEXT = "CREATE TABLE more (a TEXT) STRICT;\n";

    private static Migrations oursAnd(String step) {
        return new Migrations(Stream.concat(OURS.stream(), Stream.of(step)).toList());
    }

    @TempDir
    Path folder;

    @Test
    void aStepIsTakenOnce() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            Migrations more = oursAnd(NEXT);
            more.apply(vault.records);
            more.apply(vault.records);
            assertEquals(
                    OURS.size() + 1L, vault.records.<Long>read(sql -> sql.number("SELECT count(*) FROM migrations")));
            assertEquals(0L, vault.records.<Long>read(sql -> sql.number("SELECT count(*) FROM more")));
        }
    }

    @Test
    void recordsOfANewerProgramAreRefusedAndLeftAlone() throws Exception {
        Path place = folder.resolve("v");
        try (TestVault vault = new TestVault(place)) {
            oursAnd(NEXT).apply(vault.records);
        }
        byte[] before = Files.readAllBytes(Records.file(place));
        refused(Reason.REFUSED, () -> new TestVault(place));
        assertArrayEquals(before, Files.readAllBytes(Records.file(place)));
    }

    @Test
    void aStepThatIsNotTheOneThatWasTakenIsRefused() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            refused(Reason.REFUSED, () -> new Migrations(List.of(OURS.getFirst() + " ")).apply(vault.records));
        }
    }

    @Test
    void aStepThatFailsHasDoneNothing() throws Exception {
        try (TestVault vault = new TestVault(folder.resolve("v"))) {
            Migrations wrong = oursAnd(NEXT + "CREATE TABLE more (a TEXT) STRICT;\n");
            refused(Reason.FAILED, () -> wrong.apply(vault.records));
            assertEquals(
                    0L,
                    vault.records.<Long>read(
                            sql -> sql.number("SELECT count(*) FROM sqlite_schema WHERE name = 'more'")));
            oursAnd(NEXT).apply(vault.records);
        }
    }
}
