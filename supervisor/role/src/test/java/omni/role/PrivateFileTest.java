package omni.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole or not at all, for the owner alone, and no larger than asked for. */
final class PrivateFileTest {
    @TempDir
    Path folder;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void whatIsWrittenComesBackAndIsForItsOwnerAlone() throws Exception {
        Path file = folder.resolve("a");
        PrivateFile.write(file, bytes("öne"));
        assertEquals(Optional.of("öne"), PrivateFile.read(file, 4));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void oneByteMoreThanAskedForIsRefused() throws Exception {
        Path file = folder.resolve("a");
        PrivateFile.write(file, bytes("12345"));
        assertEquals(Optional.of("12345"), PrivateFile.read(file, 5));
        assertThrows(IOException.class, () -> PrivateFile.read(file, 4));
        assertEquals(Optional.empty(), PrivateFile.read(folder.resolve("b"), 4));
    }

    @Test
    void whatACrashLeftBesideIsNoHindranceAndIsGone() throws Exception {
        Path file = folder.resolve("a");
        PrivateFile.write(file, bytes("old"));
        Files.writeString(folder.resolve("a.new"), "half of the n");
        assertEquals(Optional.of("old"), PrivateFile.read(file, 10));
        PrivateFile.write(file, bytes("new"));
        assertEquals(Optional.of("new"), PrivateFile.read(file, 10));
        assertFalse(Files.exists(folder.resolve("a.new")));
    }
}
