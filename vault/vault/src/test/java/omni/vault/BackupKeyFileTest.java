package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import omni.role.Attempts;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key file that the disk has damaged while the vault is open goes over no good copy in a backup. */
class BackupKeyFileTest {
    @TempDir
    Path folder;

    private Path file;
    private Path stick;
    private Vault vault;

    @BeforeEach
    void make() throws IOException {
        Path home = Files.createDirectories(folder.resolve("vault"));
        file = home.resolve(KeyKeeper.FILE);
        stick = folder.resolve("stick");
        vault = vault(home);
        serve(vault, Verb.CREATE, Made.PASSWORD, "");
    }

    private static Vault vault(Path home) throws IOException {
        return new Vault(
                home,
                new KeyKeeper(home, Files.createTempDirectory("ov"), Made.MACHINE),
                new Attempts(home.resolve("attempts"), Clock.systemUTC()),
                Clock.systemUTC(),
                () -> {});
    }

    private static void serve(Vault vault, Verb verb, String... fields) throws VaultException {
        List<Optional<SecretMemory>> secrets = new ArrayList<>();
        for (String field : fields) {
            secrets.add(secret(field));
        }
        vault.serve(verb, secrets, (part, done, total) -> {}).ifPresent(SecretMemory::close);
        secrets.forEach(each -> each.ifPresent(SecretMemory::close));
    }

    private static Optional<SecretMemory> secret(String text) throws VaultException {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        SecretMemory memory = SecretMemory.of(bytes.length);
        memory.buffer().put(bytes);
        return Optional.of(memory);
    }

    @AfterEach
    void close() throws VaultException {
        vault.open().close();
    }

    private void take() throws VaultException {
        new Backups(vault.open()).take(stick, false, (read, written) -> {});
    }

    private byte[] identity() throws IOException {
        return Files.readAllBytes(stick.resolve("identity"));
    }

    private void damage() throws IOException {
        byte[] json = Files.readAllBytes(file);
        json[json.length / 2] ^= 1;
        Files.write(file, json);
    }

    @Test
    void itIsRefusedWithAnAlarmOnceAndTheGoodCopyStays() throws IOException {
        take();
        byte[] good = Files.readAllBytes(file);
        byte[] before = identity();
        damage();
        for (int i = 0; i < 2; i++) {
            VaultException refused = assertThrows(VaultException.class, this::take);
            assertEquals(Reason.DAMAGED, refused.reason());
            assertTrue(refused.getMessage().contains(KeyKeeper.FILE), refused.getMessage());
        }
        assertArrayEquals(before, identity());
        assertEquals(1, vault.open().audit().alarms().size());
        Files.delete(file);
        assertEquals(
                Reason.DAMAGED, assertThrows(VaultException.class, this::take).reason());
        Files.write(file, Arrays.copyOf(before, before.length - 65));
        assertArrayEquals(good, Files.readAllBytes(file), "the identity has it, but for a line of 65 bytes");
        take();
    }

    @Test
    void whatTheVaultItselfWritesIsItsOwn() throws IOException {
        serve(vault, Verb.CHANGE_PASSWORD, Made.PASSWORD, "", "another password", "");
        take();
        serve(vault, Verb.NEW_RECOVERY_KEY, "another password", "");
        take();
        serve(vault, Verb.ROTATE, "another password", "");
        take();
        assertEquals(List.of(), vault.open().audit().alarms());
    }

    @Test
    void soIsWhatWasUnlockedOrPutBack() throws IOException {
        take();
        vault.open().close();
        vault = vault(folder.resolve("vault"));
        serve(vault, Verb.UNLOCK, Made.PASSWORD, "");
        take();
        vault.open().close();
        Path home = Files.createDirectories(folder.resolve("other"));
        file = home.resolve(KeyKeeper.FILE);
        vault = vault(home);
        serve(vault, Verb.RESTORE, stick.toString(), "", Made.PASSWORD, "", "");
        take();
        damage();
        assertEquals(
                Reason.DAMAGED, assertThrows(VaultException.class, this::take).reason());
    }

    /** The control: where nobody knows how the file was, what the disk made of it is what a backup then has. */
    @Test
    void withoutAMarkItIsCopiedAsItLies() throws IOException {
        Path home = folder.resolve("plain");
        try (BackupVault plain = BackupVault.make(home).vault()) {
            plain.take(stick);
            byte[] before = identity();
            Files.writeString(home.resolve(KeyKeeper.FILE), " ", StandardOpenOption.APPEND);
            plain.take(stick);
            assertFalse(Arrays.equals(before, identity()));
        }
    }
}
