package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be written is no success: standard output goes to Linux's device that is always full. */
class FullOutputTest {
    private static final Path FULL = Path.of("/dev/full");

    @TempDir
    Path folder;

    private static FakeTree.Done full(FakeTree tree, String... command) throws IOException {
        var out = Files.newBufferedWriter(FULL);
        var done = tree.runInto(out, "", command);
        out.close();
        return done;
    }

    /** It is the only one that lifts a gap: nobody may have it, but who reads it. */
    @Test
    void aStepUpKeyThatNobodyReadsIsNotTaken() throws Exception {
        try (var tree = new FakeTree(folder).start()) {
            var done = full(tree, "key", "step-up");
            assertEquals(ExitCode.ERROR.number(), done.exit());
            assertTrue(done.err().contains("it is not taken, and nothing has changed"), done.err());
            assertEquals(List.of(), tree.airgap.keys);
            assertEquals(0, tree.run("key", "step-up").exit()); // the control
            assertEquals(1, tree.airgap.keys.size());
        }
    }

    @Test
    void aKeyThatIsRefusedAfterItWasShownIsSaidToBeNone() throws Exception {
        try (var tree = new FakeTree(folder).start()) {
            tree.airgap.refusing = true;
            var done = tree.run("key", "step-up");
            assertTrue(done.exit() != 0, done.toString());
            assertTrue(done.err().startsWith("The key that was shown is not taken: throw it away."), done.err());
        }
    }

    @Test
    void anAnswerThatIsNotWrittenIsAnError() throws Exception {
        try (var tree = new FakeTree(folder).start()) {
            assertEquals(0, tree.run("airgap", "status").exit());
            for (var command : List.of(List.of("airgap", "status"), List.of("airgap", "status", "--json"))) {
                var done = full(tree, command.toArray(String[]::new));
                assertEquals(ExitCode.ERROR.number(), done.exit(), done.err());
                assertTrue(done.err().contains("Not all of the answer could be written"), done.err());
            }
        }
    }
}
