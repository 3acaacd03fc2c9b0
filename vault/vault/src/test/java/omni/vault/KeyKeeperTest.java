package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The vault's side, with real children. */
final class KeyKeeperTest {
    private static final KeyKeeper.Machine MACHINE = new KeyKeeper.Machine(8L << 30, Made.LEAST, Duration.ofMinutes(5));
    private static final String OTHER = "another password";

    @TempDir
    Path folder;

    @TempDir
    Path run;

    private KeyKeeper keeper() {
        return new KeyKeeper(folder, run, MACHINE);
    }

    private static VaultException refused(VaultException.Reason reason, Executable call) {
        VaultException refused = assertThrows(VaultException.class, call);
        assertEquals(reason, refused.reason(), refused.getMessage());
        return refused;
    }

    private static List<String> bytes(KeyRing keys) throws VaultException {
        List<String> all = new ArrayList<>();
        for (Purpose purpose : Purpose.values()) {
            for (int version = 1; version <= keys.newest(purpose); version++) {
                all.add(purpose + "/" + version + "="
                        + Base64Text.of(keys.key(purpose, version).toArray(ValueLayout.JAVA_BYTE)));
            }
        }
        return all;
    }

    private String written() throws Exception {
        return Files.readString(folder.resolve(KeyKeeper.FILE));
    }

    private void assertNothingIsLeft() throws Exception {
        try (Stream<Path> left = Files.list(run);
                Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
            assertTrue(files.allMatch(file -> file.endsWith(KeyKeeper.FILE)));
        }
    }

    /** One vault from its making to its rotation; each step is a child. */
    @Test
    void theLifeOfAVault() throws Exception {
        KeyKeeper keeper = keeper();
        assertTrue(keeper.file().isEmpty());
        refused(VaultException.Reason.MISSING, () -> keeper.open(Made.direct(Made.PASSWORD)));
        KeyKeeper.Created created = keeper.create(Made.direct(Made.PASSWORD));
        List<String> first = bytes(created.keys());
        assertEquals(Purpose.values().length, first.size());
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(KeyKeeper.FILE))));
        String before = written();
        refused(VaultException.Reason.REFUSED, () -> keeper.create(Made.direct(OTHER)));
        refused(VaultException.Reason.DENIED, () -> keeper.open(Made.direct(OTHER)));
        refused(VaultException.Reason.DENIED, () -> keeper.check(Made.direct(OTHER)));
        refused(
                VaultException.Reason.DENIED,
                () -> keeper.changePassword(Made.direct(OTHER), Made.direct("a third password")));
        refused(
                VaultException.Reason.INVALID,
                () -> keeper.changePassword(Made.direct(Made.PASSWORD), Made.direct("short")));
        assertEquals(before, written());
        keeper.check(Made.direct(Made.PASSWORD));
        created.keys().close();
        refused(VaultException.Reason.SEALED, () -> created.keys().key(Purpose.KV, 1));

        Secret.Recovery recovery = new Secret.Recovery(created.words().buffer());
        keeper.changePassword(recovery, Made.direct(OTHER));
        refused(VaultException.Reason.DENIED, () -> keeper.check(Made.direct(Made.PASSWORD)));
        try (KeyRing keys = keeper.addVersion(Made.direct(OTHER), Purpose.FILES)) {
            assertEquals(2, keys.newest(Purpose.FILES));
            assertEquals(1, keys.newest(Purpose.KV));
            assertTrue(bytes(keys).containsAll(first));
            assertEquals(first.size() + 1, bytes(keys).size());
            refused(VaultException.Reason.DAMAGED, () -> keys.key(Purpose.FILES, 3));
            refused(VaultException.Reason.DAMAGED, () -> keys.key(Purpose.FILES, 0));
        }
        try (SecretMemory words = keeper.newRecovery(Made.direct(OTHER));
                KeyRing keys = keeper.open(new Secret.Recovery(words.buffer()))) {
            assertTrue(bytes(keys).containsAll(first));
            refused(VaultException.Reason.DENIED, () -> keeper.open(recovery));
        }
        created.words().close();
        assertNothingIsLeft();
    }

    @Test
    void aLargeKeyFileGoesThrough() throws Exception {
        byte[] keyFile = new byte[Secret.KEY_FILE_BYTES_MAX];
        keyFile[keyFile.length - 1] = 1;
        ByteBuffer password = Made.direct(Made.PASSWORD).password();
        Secret.Password both = new Secret.Password(password, Optional.of(Made.direct(keyFile)));
        KeyKeeper.Created created = keeper().create(both);
        try (KeyRing keys = keeper().open(both)) {
            assertEquals(bytes(created.keys()), bytes(keys));
        }
        keyFile[keyFile.length - 1] = 2;
        Secret.Password wrong = new Secret.Password(password, Optional.of(Made.direct(keyFile)));
        refused(VaultException.Reason.DENIED, () -> keeper().open(wrong));
        created.keys().close();
        created.words().close();
    }

    /** By the old password, what lay there would open all that a wipe destroyed; a second name shows what is in the blocks. */
    @Test
    void whatLayThereIsWrittenOver() throws Exception {
        KeyKeeper keeper = keeper();
        KeyKeeper.Created created = keeper.create(Made.direct(Made.PASSWORD));
        created.keys().close();
        created.words().close();
        Path file = folder.resolve(KeyKeeper.FILE);
        Path half =
                Files.copy(file, folder.resolve(KeyKeeper.FILE + ".new")); // as a crash before the renaming leaves it
        List<Path> before =
                List.of(Files.createLink(run.resolve("before"), file), Files.createLink(run.resolve("half"), half));
        byte[] zeros = new byte[(int) Files.size(file)];
        keeper.check(Made.direct(Made.PASSWORD));
        for (Path name : before) {
            assertFalse(Arrays.equals(zeros, Files.readAllBytes(name)), "the control: nothing was changed");
        }
        keeper.changePassword(Made.direct(Made.PASSWORD), Made.direct(OTHER));
        for (Path name : before) {
            assertArrayEquals(zeros, Files.readAllBytes(name), name.toString());
        }
        keeper.check(Made.direct(OTHER));
    }

    /** What the disk does not take leaves everything as it was. */
    @Test
    void aDiskThatDoesNotTakeItLosesNothing() throws Exception {
        Path inTheWay = Files.createDirectories(folder.resolve(KeyKeeper.FILE + ".new/full"));
        refused(VaultException.Reason.FAILED, () -> keeper().create(Made.direct(Made.PASSWORD)));
        assertFalse(Files.exists(folder.resolve(KeyKeeper.FILE)));
        Files.delete(inTheWay);
        KeyKeeper.Created created = keeper().create(Made.direct(Made.PASSWORD));
        created.keys().close();
        created.words().close();
        String before = written();
        Files.createDirectories(inTheWay);
        refused(
                VaultException.Reason.FAILED,
                () -> keeper().changePassword(Made.direct(Made.PASSWORD), Made.direct(OTHER)));
        assertEquals(before, written());
        keeper().check(Made.direct(Made.PASSWORD));
    }

    @Test
    void secretsOnTheHeapAndOutOfBoundsGoNowhere() {
        assertThrows(IllegalArgumentException.class, () -> keeper().create(Made.password(Made.PASSWORD)));
        refused(
                VaultException.Reason.INVALID,
                () -> keeper().create(Made.direct("x".repeat(Secret.PASSWORD_BYTES_MAX + 1))));
        refused(VaultException.Reason.INVALID, () -> keeper().create(Made.direct("")));
    }

    @Test
    void aFileThatIsNoneIsToldSo() throws Exception {
        Files.writeString(folder.resolve(KeyKeeper.FILE), "{}");
        refused(VaultException.Reason.DAMAGED, () -> keeper().open(Made.direct(Made.PASSWORD)));
        refused(VaultException.Reason.DAMAGED, () -> keeper().create(Made.direct(Made.PASSWORD)));
        assertEquals("{}", written());
        Files.writeString(folder.resolve(KeyKeeper.FILE), " ".repeat(KeyFile.BYTES_MAX + 1));
        refused(VaultException.Reason.DAMAGED, () -> keeper().file());
    }

    /** A derivation that needs more than there is does not start; the recovery key needs none. */
    @Test
    void aMachineThatIsTooSmallSaysSo() throws Exception {
        KeyWork.Outcome made = new KeyWork(Argon2::stretch).create(Made.password(Made.PASSWORD), Made.LEAST);
        Files.write(folder.resolve(KeyKeeper.FILE), made.file().orElseThrow().json());
        var tiny = new KeyKeeper.Machine(24 << 20, Made.LEAST, Duration.ofMinutes(5));
        KeyKeeper small = new KeyKeeper(folder, run, tiny);
        assertTrue(refused(VaultException.Reason.REFUSED, () -> small.open(Made.direct(Made.PASSWORD)))
                .getMessage()
                .contains("19 MiB"));
        byte[] words = made.words().orElseThrow();
        small.changePassword(new Secret.Recovery(Made.direct(words)), Made.direct(OTHER));
        keeper().check(Made.direct(OTHER));
    }

    @Test
    void nothingLetsTheChildBeLookedInto() {
        String line = String.join(" ", KeyCommand.line(Argon2.MEMORY_KIB_MIN, List.of()));
        for (String flag : List.of(
                "-XX:+UseSerialGC",
                "-XX:ErrorFile=/dev/null",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:+DisableAttachMechanism",
                "-XX:-UsePerfData",
                "-Xmx84m")) {
            assertTrue(line.contains(flag), flag);
        }
    }
}
