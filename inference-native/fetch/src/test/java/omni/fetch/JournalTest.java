package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalTest {
    @TempDir
    Path folder;

    private Path data;
    private Path file;

    @BeforeEach
    void names() {
        data = folder.resolve("d");
        file = folder.resolve("j");
    }

    private Journal open(String identity, boolean resume) throws IOException {
        return Journal.open(data, file, 10, 4, identity, resume);
    }

    @Test
    void countsWhatWasCheckpointedAndNothingElse() throws IOException {
        try (Journal journal = open("x", true)) {
            assertEquals(3, journal.parts());
            assertEquals(2, journal.length(2));
            journal.append(1, ByteBuffer.wrap(new byte[] {5, 6, 7}));
            journal.checkpoint(1);
            journal.append(2, ByteBuffer.wrap(new byte[] {9, 10}));
            assertTrue(journal.isWhole(2));
            assertEquals(5, journal.done());
        }
        assertEquals(3, Journal.peek(file));
        try (Journal again = open("x", true)) {
            assertEquals(3, again.done(1));
            assertEquals(0, again.done(2), "written, but never made to last");
            again.append(0, ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
            again.append(1, ByteBuffer.wrap(new byte[] {8}));
            again.append(2, ByteBuffer.wrap(new byte[] {9, 10}));
            assertTrue(again.isWhole());
        }
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Files.readAllBytes(data));
    }

    @Test
    void bytesOfAnotherFileAreNotBuiltUpon() throws IOException {
        for (int kind = 0; kind < 5; kind++) {
            try (Journal journal = open("x", false)) {
                journal.append(0, ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
                journal.checkpoint(0);
            }
            switch (kind) {
                case 1 -> Files.delete(data);
                case 2 -> Files.write(file, new byte[] {1}, java.nio.file.StandardOpenOption.APPEND);
                case 3 -> {
                    byte[] bytes = Files.readAllBytes(file);
                    bytes[56 + 7] = 5; // more than the part has
                    Files.write(file, bytes);
                }
                default -> {}
            }
            try (Journal again = open(kind == 4 ? "y" : "x", true)) {
                assertEquals(kind == 0 ? 4 : 0, again.done(), "kind " + kind);
            }
            assertEquals(kind == 0, Files.size(data) == 4, "kind " + kind);
        }
        try (Journal fresh = open("x", false)) {
            assertFalse(fresh.isWhole());
        }
    }

    /** The format, byte for byte; a change of it is a decision. */
    @Test
    void theFormatIsTheDocumentedOne() throws IOException {
        try (Journal journal = open("x", true)) {
            journal.append(1, ByteBuffer.wrap(new byte[] {5, 6}));
            journal.checkpoint(1);
        }
        String identity = Hash.of("x".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertEquals(
                "4f4d4e4950525431" + "000000000000000a" + "0000000000000004" + identity + "0000000000000000"
                        + "0000000000000002" + "0000000000000000",
                HexFormat.of().formatHex(Files.readAllBytes(file)));
    }

    @Test
    void resetForgetsAll() throws IOException {
        try (Journal journal = open("x", true)) {
            journal.append(0, ByteBuffer.wrap(new byte[] {1}));
            journal.checkpoint(0);
            journal.reset();
            assertEquals(0, journal.done());
        }
        assertEquals(0, Journal.peek(file));
    }
}
