package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pipe stands for a serial line: without a reader it does not open, as one without a carrier, and a full one takes nothing. */
class ConsolePresenceTest {
    private static final int PIPE_BYTES = 65536;
    private static final Duration BOUND = ConsolePresence.PATIENCE.multipliedBy(10); // a slow machine's

    @TempDir
    Path folder;

    private Path line = Path.of("");
    private ConsolePresence presence = new ConsolePresence(Path.of(""), "");

    @BeforeEach
    void make() {
        line = folder.resolve("line");
        Tools.run("mkfifo", line.toString());
        presence = new ConsolePresence(line, "omni airgap lift --offline");
    }

    private void hangs() {
        String said = assertTimeoutPreemptively(
                BOUND,
                () -> assertThrows(AirgapException.class, () -> presence.show("a code"))
                        .getMessage());
        assertTrue(said.startsWith("The console " + line + " takes nothing"), said);
        assertTrue(said.endsWith("omni airgap lift --offline"), said);
    }

    @Test
    void oneThatDoesNotOpenIsGivenUpAndNotWrittenToLater() throws Exception {
        hangs();
        hangs(); // at once: one thread waits there, and no second one
        try (FileChannel other = FileChannel.open(line, StandardOpenOption.READ)) { // lets it open
            assertEquals("", text(other), "what was given up");
        }
        try (FileChannel other = FileChannel.open(line, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            showsAgain();
            assertTrue(text(other).endsWith("\r\nanother code\r\n"));
        }
    }

    @Test
    void oneThatTakesNothingIsGivenUp() throws Exception {
        try (FileChannel other = FileChannel.open(line, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            assertEquals(PIPE_BYTES, other.write(ByteBuffer.allocate(PIPE_BYTES)));
            hangs();
            ByteBuffer bytes = ByteBuffer.allocate(PIPE_BYTES);
            while (bytes.hasRemaining()) {
                assertTrue(other.read(bytes) > 0);
            }
            showsAgain();
            assertEquals("\r\nanother code\r\n", text(other));
        }
    }

    /** When the thread that was given up has ended. */
    private void showsAgain() {
        Tools.await("it is written", () -> {
            try {
                return presence.show("another code").equals(line.toString());
            } catch (AirgapException e) {
                return false;
            }
        });
    }

    @Test
    void allOfALongTextIsWritten() throws Exception {
        String text = "0123456789".repeat(PIPE_BYTES / 5);
        Process reader = new ProcessBuilder("cat", line.toString()).start();
        assertEquals(line.toString(), presence.show(text));
        assertEquals(
                "\r\n" + text + "\r\n",
                new String(reader.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
    }

    @Test
    void aFileThatIsNotThereIsSaid() throws IOException {
        Files.delete(line);
        String said = assertThrows(AirgapException.class, () -> presence.show("a code"))
                .getMessage();
        assertTrue(said.startsWith("The console " + line + " cannot be written"), said);
    }

    private static Optional<String> trouble(Path console) {
        return new ConsolePresence(console, "").trouble();
    }

    /** Said when the role starts, and not when somebody stands before it. */
    @Test
    void whatIsNoTerminalIsSaidWithoutOpeningIt() throws IOException {
        for (Path none : List.of(line, folder, Files.createFile(folder.resolve("file")), Path.of("/dev/null"))) {
            String said = trouble(none).orElseThrow();
            assertTrue(said.contains(none + " is no terminal: set airgap.console to "), said);
        }
        Files.delete(line);
        assertTrue(trouble(line).orElseThrow().contains(line + " is not there: "));
        assertEquals(Optional.empty(), trouble(Path.of("/dev/ptmx")), "that of all pseudo-terminals, for everybody");
    }

    @Test
    void terminalsAreKnownByTheirDrivers() {
        String serial = "serial               /dev/ttyS       4 64-95 serial";
        assertTrue(Terminals.drives(serial, 4, 64) && Terminals.drives(serial, 4, 95));
        assertFalse(Terminals.drives(serial, 4, 63) || Terminals.drives(serial, 4, 96));
        assertFalse(Terminals.drives(serial, 64, 4));
        assertTrue(Terminals.drives("a named driver  /dev/console    5       1 system:console", 5, 1));
        for (String garbage : List.of("", "4 64-95 serial", "serial /dev/ttyS 4 64- serial", "x y 4 - serial")) {
            assertFalse(Terminals.drives(garbage, 4, 64), garbage);
        }
    }

    private static String text(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(1024);
        int read = channel.read(bytes);
        return read < 0 ? "" : new String(bytes.array(), 0, read, java.nio.charset.StandardCharsets.UTF_8);
    }
}
