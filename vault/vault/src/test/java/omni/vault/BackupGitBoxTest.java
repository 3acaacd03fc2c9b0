package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What git itself says of a backup's repository, and what is to be had from a clone of it. */
class BackupGitBoxTest {
    private static final int KILLS = 5;

    @TempDir
    Path folder;

    private final Random random = new Random(20260302);
    private BackupVault vault;
    private Path target;
    private String first = "";
    private String conversation = "";

    @BeforeEach
    void take() throws IOException {
        target = folder.resolve("stick");
        vault = BackupVault.make(folder.resolve("vault")).vault();
        vault.fill(random, 10, 2 << 20);
        conversation = vault.conversation("a text of walnuts");
        first = vault.backups
                .take(target, true, (read, written) -> {})
                .snapshot()
                .name();
        vault.open.conversations().delete(conversation);
        vault.take(target);
    }

    @AfterEach
    void close() throws IOException {
        vault.close();
    }

    private byte[] git(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        byte[] said = process.getInputStream().readAllBytes();
        assertEquals(0, process.waitFor(), () -> new String(said, StandardCharsets.UTF_8));
        return said;
    }

    private String text(String... words) throws IOException, InterruptedException {
        return new String(git(words), StandardCharsets.ISO_8859_1);
    }

    @Test
    void gitFindsNothingWrongAndItsLogTellsNothing() throws Exception {
        String repository = target.resolve("chunks.git").toString();
        assertEquals("", text("--git-dir", repository, "fsck", "--strict", "--full", "--no-progress"));
        List<String> log = text("--git-dir", repository, "log", "--format=%an %ae %at %cn %ce %ct %B%N")
                .lines()
                .filter(line -> !line.isEmpty())
                .toList();
        assertTrue(log.size() >= 2, log.toString());
        assertEquals(
                List.of("omni omni@localhost 0 omni omni@localhost 0 chunks"),
                log.stream().distinct().toList());
    }

    @Test
    void noObjectOfACloneHasAWordOrAKeyInIt() throws Exception {
        Snapshot snapshot;
        try (BackupTarget open = BackupTarget.open(target)) {
            snapshot = open.read(first, vault.open.keys());
        }
        byte[] all = clone("clone.git");
        BackupTest.tellsNothing("the clone", all, conversation);
        String text = new String(all, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains("omni@localhost"), "the control: the objects are there, and not compressed");
        for (Bytes key : snapshot.chunkKeys().values()) {
            assertFalse(text.contains(new String(key.array(), StandardCharsets.ISO_8859_1)));
        }
        for (Bytes key : snapshot.rowKeys().values()) {
            assertFalse(text.contains(new String(key.array(), StandardCharsets.ISO_8859_1)));
        }
    }

    /** Makes one, and returns all its objects one behind the other. */
    private byte[] clone(String name) throws IOException, InterruptedException {
        git(
                "clone",
                "--quiet",
                "--bare",
                "--no-local",
                target.resolve("chunks.git").toString(),
                name);
        return git("--git-dir", name, "cat-file", "--batch", "--batch-all-objects");
    }

    @Test
    void aCloneIsPutBackWithTheKeysAndForgottenWithThem() throws Exception {
        clone("clone.git");
        Path there = beside("there");
        Path other = folder.resolve("other");
        BackupVault.restore(there, Optional.of(first), other, Made.password(Made.PASSWORD));
        try (BackupVault restored = BackupVault.at(other)) {
            assertEquals(
                    conversation,
                    restored.open.conversations().retrieve(conversation).id());
        }
        vault.backups.forget(target, List.of(first));
        Path later = beside("later");
        VaultException gone = assertThrows(
                VaultException.class,
                () -> BackupVault.restore(
                        later, Optional.of(first), folder.resolve("third"), Made.password(Made.PASSWORD)));
        assertEquals(Reason.MISSING, gone.reason());
    }

    /** The clone in the place of the repository, with what lies beside that now. */
    private Path beside(String name) throws IOException {
        Path place = Files.createDirectory(folder.resolve(name));
        for (String part : List.of("omni-backup", "identity")) {
            Files.copy(target.resolve(part), place.resolve(part));
        }
        BackupTest.copy(target.resolve("keys"), place.resolve("keys"));
        BackupTest.copy(folder.resolve("clone.git"), place.resolve("chunks.git"));
        return place;
    }

    @Test
    void whatWasKilledGoesOnAndIsWhole() throws Exception {
        BackupMain.Result result = new BackupMain(folder.resolve("killed"), 20260301, true).run(2_000, 24, KILLS);
        assertEquals(KILLS, result.kills());
        assertEquals(KILLS, result.found());
        assertEquals(List.of(), result.problems());
        assertTrue(result.same(), result.toString());
        assertTrue(result.next() < result.written() / 4, result.toString());
    }

    /** Its settings and programs are others' to choose: a process with keys in it asks for none. */
    @Test
    void nothingOutsideIsReadWrittenOrStarted() throws Exception {
        vault.close();
        Path home = Files.createDirectory(folder.resolve("home"));
        Path programs = Files.createDirectory(folder.resolve("programs"));
        Path git = programs.resolve("git");
        Files.writeString(git, "#!/bin/sh\n/bin/touch " + folder.resolve("home").resolve("git-was-started") + "\n");
        assertTrue(git.toFile().setExecutable(true));
        run(home, programs, BackupTaker.class, vault.folder.toString(), target.toString());
        assertEquals(List.of(), inside(home));
        run(home, programs, StockGit.class, target.resolve("chunks.git").toString());
        assertFalse(inside(home).isEmpty(), "the control: JGit as it comes");
        vault = BackupVault.at(vault.folder);
    }

    private static void run(Path home, Path programs, Class<?> main, String... arguments) throws Exception {
        ProcessBuilder builder = Jvm.process(List.of("-Duser.home=" + home), main, arguments);
        builder.environment().put("PATH", programs.toString());
        builder.environment().put("HOME", home.toString());
        builder.environment().remove("XDG_CONFIG_HOME");
        Process process = builder.start();
        process.getInputStream().readAllBytes();
        assertEquals(0, process.waitFor());
    }

    private static List<Path> inside(Path home) throws IOException {
        try (Stream<Path> files = Files.walk(home)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
