package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A wipe that a process did not live to finish is finished by the next one, from each of its steps. */
final class WipeTest {
    private static final String SECRET = "wrapped keys ";

    private static final TpmHold TPM =
            TpmHold.by(new TpmBinding("0c6f3e2a9b514d0788e1c2d3a4b5f607", Base64Text.of(new byte[TpmSlot.KEY_BYTES])));

    /** Steps that destroy the keys: the intent, and each of two files written over and removed. */
    private static final int KEY_STEPS = 5;

    @TempDir
    Path home;

    /** What the child runs: it wipes, and ends after so many steps as if it was killed. */
    public static final class Killed {
        private Killed() {}

        /** Folder and number of steps. */
        public static void main(String[] arguments) throws IOException {
            AtomicInteger left = new AtomicInteger(Integer.parseInt(arguments[1]));
            Wipe wipe = new Wipe(Path.of(arguments[0]), () -> {
                if (left.decrementAndGet() == 0) {
                    Runtime.getRuntime().halt(9);
                }
            });
            wipe.begin(TPM);
            wipe.finish();
        }
    }

    private Path made(String name) throws IOException {
        Path folder = Files.createDirectory(home.resolve(name));
        Files.writeString(folder.resolve("keys.json"), SECRET.repeat(500));
        Files.writeString(folder.resolve("keys.json.new"), SECRET);
        Files.writeString(folder.resolve("records.db"), "pages");
        Files.createDirectory(folder.resolve("files"));
        Files.writeString(folder.resolve("files").resolve("a"), "content");
        Files.createSymbolicLink(folder.resolve("files").resolve("link"), home);
        return folder;
    }

    private static List<Path> left(Path folder) throws IOException {
        try (Stream<Path> left = Files.list(folder)) {
            return left.toList();
        }
    }

    @Test
    void killedAfterAnyStepItIsFinishedByTheNextStart() throws Exception {
        int steps = 0;
        int exit;
        do {
            steps++;
            Path folder = made("at " + steps);
            exit = new ProcessBuilder(
                            TestJava.command(List.of(), Killed.class, folder.toString(), Integer.toString(steps)))
                    .inheritIO()
                    .start()
                    .waitFor();
            assertEquals(exit == 9, new Wipe(folder).isBegun(), "after step " + steps);
            assertEquals(exit == 9 ? TPM : TpmHold.UNKNOWN, new Wipe(folder).held(), "after step " + steps);
            if (steps >= KEY_STEPS) {
                assertFalse(Files.exists(folder.resolve("keys.json")), "the keys go first");
                assertFalse(Files.exists(folder.resolve("keys.json.new")));
            }
            new Wipe(folder).finish();
            assertEquals(List.of(), left(folder), "after step " + steps);
        } while (exit == 9);
        assertEquals(0, exit);
        assertTrue(steps > KEY_STEPS + 3, "it was killed among the rest, too");
        assertTrue(Files.exists(home), "a link is removed, and not what it leads to");
    }

    /** Bytes are gone from the file itself, and not its name alone: a second name of the file shows it. */
    @Test
    void theKeysAreWrittenOverInTheirPlace() throws IOException {
        Path folder = made("vault");
        Path other = Files.createLink(home.resolve("other name"), folder.resolve("keys.json"));
        Path control = Files.createLink(home.resolve("control"), folder.resolve("records.db"));
        long size = Files.size(other);
        new Wipe(folder).begin(TpmHold.NONE);
        assertFalse(new String(Files.readAllBytes(other), StandardCharsets.ISO_8859_1).contains(SECRET));
        assertEquals(size, Files.size(other));
        new Wipe(folder).finish();
        assertEquals("pages", Files.readString(control), "the control: what is only removed stays");
    }

    @Test
    void withoutAnIntentNothingIsFinished() throws IOException {
        Path folder = made("vault");
        List<Path> before = left(folder);
        new Wipe(folder).finish();
        assertEquals(before, left(folder));
    }

    /** An intent that a full disk or a power cut left without it gets the TPM's name, or that there is none; one that has it keeps it. */
    @Test
    void theIntentNamesTheTpmToTheNextStart() throws IOException {
        Path folder = made("vault");
        Path intent = Files.createFile(folder.resolve(Wipe.INTENT));
        assertEquals(TpmHold.UNKNOWN, new Wipe(folder).held());
        for (TpmHold held : List.of(TPM, TpmHold.NONE)) {
            new Wipe(folder).begin(held);
            assertEquals(held, new Wipe(folder).held());
            new Wipe(folder).begin(TpmHold.UNKNOWN);
            assertEquals(held, new Wipe(folder).held());
            byte[] whole = Files.readAllBytes(intent);
            for (int length = 0; length < whole.length; length++) {
                Files.write(intent, Arrays.copyOf(whole, length));
                assertEquals(TpmHold.UNKNOWN, new Wipe(folder).held());
            }
            Files.write(intent, Arrays.copyOf(whole, TpmBinding.BYTES_MAX + 1));
            assertEquals(TpmHold.UNKNOWN, new Wipe(folder).held());
        }
    }

    /** Half written over, as a power cut leaves it. */
    @Test
    void aTornKeyFileIsNoObstacle() throws IOException {
        Path folder = made("vault");
        Files.createFile(folder.resolve(Wipe.INTENT));
        Files.write(folder.resolve("keys.json"), new byte[0]);
        new Wipe(folder).finish();
        assertEquals(List.of(), left(folder));
    }
}
