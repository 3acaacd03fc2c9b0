package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.zip.InflaterInputStream;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** All that holds of backups in a plain folder, with the chunks in a git repository, and what holds of that alone. */
class BackupGitTest extends BackupTest {
    @BeforeEach
    void inGit() throws IOException {
        BackupTarget.make(target, true).close();
    }

    /** Git's tree says that it is there: a check tells, and nothing writes it anew. */
    @Override
    @Test
    void aChunkThatWasLostComesBackForTheSnapshotsThatHaveIt() throws IOException {
        vault.take(target);
        Path object = all().stream()
                .filter(file -> file.toString().matches(".*/objects/[0-9a-f]{2}/[0-9a-f]{38}"))
                .max(Comparator.comparingLong(file -> file.toFile().length()))
                .orElseThrow();
        Files.delete(object);
        assertNotEquals(List.of(), problems());
    }

    @Override
    @Test
    void noNameOrSizeTellsOfTheContent() throws IOException {
        String id = vault.conversation("a text of walnuts");
        vault.take(target);
        int objects = 0;
        for (Path file : all()) {
            String name = target.relativize(file).toString();
            boolean object = name.matches("chunks\\.git/objects/[0-9a-f]{2}/[0-9a-f]{38}");
            assertTrue(
                    object
                            || name.matches("omni-backup|identity|keys/[0-9]{8}-[0-9]{6}\\.[0-9]{3}-[0-9a-f]{4}"
                                    + "|chunks\\.git/(HEAD|config|refs/heads/main)"),
                    name);
            byte[] bytes = object ? inflated(file) : Files.readAllBytes(file);
            tellsNothing(name, bytes, id);
            if (object) {
                objects++;
            }
        }
        assertTrue(objects > 8, objects + " objects");
        try (BackupTarget open = BackupTarget.open(target)) {
            for (String name : open.store().names()) {
                assertEquals(1, Long.bitCount(open.store().get(name).length), name);
            }
        }
    }

    private static byte[] inflated(Path file) throws IOException {
        try (InputStream in = new InflaterInputStream(Files.newInputStream(file))) {
            return in.readAllBytes();
        }
    }

    @Override
    @Test
    void chunksThatChangedPlacesAreFound() throws IOException {
        vault.take(target);
        List<Path> objects = all().stream()
                .filter(file -> file.startsWith(target.resolve("chunks.git/objects")))
                .toList();
        byte[] first = Files.readAllBytes(objects.getFirst());
        for (Path each : List.of(objects.getFirst(), objects.getLast())) {
            assertTrue(each.toFile().setWritable(true));
        }
        Files.write(objects.getFirst(), Files.readAllBytes(objects.getLast()));
        Files.write(objects.getLast(), first);
        assertTrue(problems().size() >= 2, problems().toString());
    }

    @Test
    void aPlaceStaysWhatItIs() throws IOException {
        vault.take(target);
        assertTrue(Files.exists(target.resolve("chunks.git/refs/heads/main")));
        Path plain = folder.resolve("plain");
        vault.take(plain);
        assertEquals(Reason.REFUSED, reason(() -> vault.backups.take(plain, true, (read, written) -> {})));
    }

    @Test
    void whatAKilledProcessLeftIsNoObstacle() throws IOException {
        vault.take(target);
        Path lock = Files.createFile(target.resolve("chunks.git/refs/heads/main.lock"));
        Path half = Files.writeString(target.resolve("chunks.git/objects/noz123.tmp"), "half of");
        assertEquals(List.of(), problems());
        vault.conversation("one more");
        vault.take(target);
        assertTrue(Files.notExists(lock) && Files.notExists(half));
        assertEquals(List.of(), problems());
    }

    @Test
    void aBeginThatWasInterruptedGoesOn() throws IOException {
        Path other = folder.resolve("begun");
        BackupTarget.make(other, true).close();
        Files.delete(other.resolve("omni-backup"));
        String before = vault.hash();
        vault.backups.take(other, true, (read, written) -> {});
        Path box = folder.resolve("other");
        BackupVault.restore(other, Optional.empty(), box, Made.password(Made.PASSWORD));
        assertEquals(before, BackupVault.hash(box));
    }

    @Test
    void whatAForgottenSnapshotHadLeavesTheTreeAndStaysInTheHistory() throws IOException {
        SealedFile file = vault.file(random, 1 << 20);
        String first = vault.take(target).snapshot().name();
        vault.files().delete(file.id());
        vault.take(target);
        long objects = objects();
        int before = chunks();
        vault.backups.forget(target, List.of(first));
        assertTrue(chunks() < before);
        assertTrue(objects() > objects, "nothing is ever taken out of git");
        assertEquals(List.of(), problems());
    }

    private long objects() throws IOException {
        return all().stream()
                .filter(file -> file.startsWith(target.resolve("chunks.git/objects")))
                .count();
    }

    private int chunks() throws IOException {
        try (BackupTarget open = BackupTarget.open(target)) {
            return open.store().names().size();
        }
    }
}
