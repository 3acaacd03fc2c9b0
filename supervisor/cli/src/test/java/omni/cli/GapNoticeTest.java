package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.airgap.AirgapProtocol.GapState;
import omni.role.SupervisorProtocol.Tree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gap that is closed is told where people look, and what opens it before it is closed. */
class GapNoticeTest {
    private static final String OPEN_IT = "omni airgap lift";

    @TempDir
    Path folder;

    /** The files that a role leaves of a closed gap. */
    private void close() throws IOException {
        var kept = Files.createDirectories(folder.resolve("home/airgap"));
        Files.writeString(kept.resolve("closed"), "closed\n");
        Files.writeString(kept.resolve("closing"), "2026-11-21T04:00:00.123456789Z\nfor the holidays\n");
    }

    @Test
    void whoFindsOmniDownIsToldOfTheGap() throws IOException {
        try (var tree = new FakeTree(folder)) {
            assertFalse(tree.run("status").err().contains("gap"));
            close();
            var done = tree.run("status");
            assertEquals(ExitCode.NOT_RUNNING.number(), done.exit());
            assertTrue(
                    done.err()
                            .contains(
                                    "\nThe air gap is closed since 2026-11-21T04:00:00Z (for the holidays), and stays so"),
                    done.err());
            assertTrue(done.err().contains(OPEN_IT) && done.err().contains("--offline"), done.err());
            assertEquals(2, done.err().lines().count(), done.err());
        }
    }

    /** In the shell of somebody whose own home is another: what is told is what is typed. */
    @Test
    void whatRootTypesFindsThisHomeWhateverItsName() throws Exception {
        try (var tree = new FakeTree(folder)) {
            tree.environment.put(
                    "OMNI_HOME", folder.resolve("Anna's $HOME/.omni").toString());
            Files.createDirectories(Path.of(tree.environment.get("OMNI_HOME"), "airgap"));
            Files.createFile(Path.of(tree.environment.get("OMNI_HOME"), "airgap/closed"));
            var told = tree.run("status").err().strip();
            var line = told.substring(told.lastIndexOf("OMNI_HOME="));
            var bin = Files.createDirectory(folder.resolve("bin"));
            var omni = Files.writeString(
                    bin.resolve("omni"), "#!/bin/sh\nprintf '%s\\n' \"$OMNI_HOME\" \"$OMNI_RUN\" \"$*\"\n");
            assertTrue(omni.toFile().setExecutable(true));
            var shell = new ProcessBuilder("/bin/sh", "-c", line).redirectErrorStream(true);
            shell.environment().put("PATH", bin + ":" + System.getenv("PATH"));
            shell.environment().remove("OMNI_RUN");
            var process = shell.start();
            var typed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), typed);
            assertEquals(
                    tree.environment.get("OMNI_HOME") + "\n" + folder.resolve("run") + "\nairgap lift --offline\n",
                    typed);
        }
    }

    @Test
    void everyHintSaysWhereTheOwnersOmniIs() {
        try (var tree = new FakeTree(folder).start()) {
            var line = "OMNI_HOME='" + folder.resolve("home") + "' OMNI_RUN='" + folder.resolve("run")
                    + "' omni airgap lift --offline\n";
            var done = tree.run("airgap", "engage");
            assertTrue(done.err().endsWith(line), done.err());
            assertTrue(done.out().contains(line), done.out());
        }
    }

    @Test
    void oneThatWasClosedInThisRunOfTheMachineAloneIsToldToo() throws IOException {
        try (var tree = new FakeTree(folder)) {
            tree.run("status"); // makes the folder of the sockets
            Files.createFile(folder.resolve("run/airgap.closed"));
            assertTrue(tree.run("status").err().contains("The air gap is closed, and stays so"));
        }
    }

    @Test
    void whoStopsOmniIsToldThatItStaysClosed() throws IOException {
        for (boolean closed : new boolean[] {false, true}) {
            if (closed) {
                close();
            }
            try (var tree = new FakeTree(folder).start()) {
                var now = tree.supervisor.tree;
                tree.supervisor.tree = new Tree(now.state(), null, now.since(), List.of(), now.launcher(), List.of());
                var end = Thread.ofVirtual().start(() -> {
                    Await.until("stop was asked for", () -> tree.supervisor.stopped.getCount() == 0);
                    tree.stop("supervisor");
                });
                var done = tree.run("down", "--json");
                Await.until("it has ended", () -> !end.isAlive());
                assertEquals(0, done.exit(), done.err());
                assertEquals(closed, Json.parse(done.out()).path("gapClosed").asBoolean(), done.out());
            }
        }
    }

    @Test
    void whoStartsOmniIsToldOfTheGap() {
        try (var tree = new FakeTree(folder).start()) {
            assertFalse(tree.run("welcome").out().contains("gap"));
            tree.airgap.gap = FakeAirgap.gap(GapState.GAP, "a test");
            var told = tree.run("welcome").out();
            assertTrue(
                    told.contains(
                            "The air gap is closed since 2026-11-21T04:00:00Z (a test): only a person at the box opens"
                                    + " it, with omni airgap lift"),
                    told);
            tree.airgap.gap = FakeAirgap.gap(GapState.BROKEN, "a test");
            assertTrue(tree.run("welcome").out().contains("(a test), but not confirmed: "));
            assertTrue(Json.parse(tree.run("welcome", "--json").out())
                    .path("gapClosed")
                    .asBoolean());
            tree.stop("airgap");
            assertEquals(0, tree.run("welcome").exit());
        }
    }

    @Test
    void whoClosesWithoutAKeyIsToldBeforeAndIsNotHeldUp() throws IOException {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("airgap", "engage");
            assertEquals(0, done.exit(), done.err());
            assertTrue(done.err().startsWith("There is no step-up key: only root"), done.err());
            assertFalse(done.out().contains(".123456789"), done.out());
            Files.writeString(
                    Files.createDirectories(folder.resolve("home/airgap")).resolve("step-up"), "a key\n");
            Files.createFile(folder.resolve("home/airgap/closed"));
            assertEquals("", tree.run("airgap", "engage").err());
        }
    }

    /** As another program would that has taken the place of the role's socket. */
    @Test
    void anAnswerThatTheRolesFolderContradictsIsNotBelieved() throws IOException {
        try (var tree = new FakeTree(folder).start()) {
            Files.writeString(
                    Files.createDirectories(folder.resolve("home/airgap")).resolve("step-up"), "a key\n");
            var done = tree.run("airgap", "engage");
            assertEquals(ExitCode.ERROR.number(), done.exit());
            assertTrue(done.err().contains("says that it is open"), done.err());
        }
    }

    /** A script whose standard error nobody reads: the pipe is full, and a write to it never returns. */
    @Test
    void whereNobodyReadsTheLineItIsClosedAllTheSame() throws IOException {
        try (var tree = new FakeTree(folder).start();
                var unread = new PipedReader(1);
                var full = new PipedWriter(unread)) {
            full.write('x');
            var world = new World(
                    tree.environment,
                    new ByteArrayInputStream(new byte[0]),
                    new PrintWriter(new StringWriter()),
                    new PrintWriter(full, true));
            assertEquals(0, Main.commandLine(world).execute("airgap", "engage"));
            assertEquals(0, tree.airgap.engaged.getCount());
        }
    }
}
