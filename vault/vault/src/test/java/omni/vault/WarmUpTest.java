package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The warm-up touches nothing that is there, and leaves nothing. */
final class WarmUpTest {
    @TempDir
    Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void nothingIsLeft() throws IOException {
        new TestVault(folder).close();
        List<String> before = names();
        byte[] records = Files.readAllBytes(Records.file(folder));
        WarmUp.run(folder);
        assertEquals(before, names());
        assertEquals(-1, java.util.Arrays.mismatch(records, Files.readAllBytes(Records.file(folder))));
    }

    @Test
    void whatAKilledOneLeftIsTakenAway() throws IOException {
        Path left = Files.createDirectory(folder.resolve("warm-up"));
        new TestVault(left).close(); // under other keys
        WarmUp.run(folder);
        assertEquals(List.of(""), names());
    }

    @Test
    void whatIsNotItsOwnStays() throws IOException {
        Files.createDirectories(folder.resolve("warm-up/folder/inner"));
        assertThrows(IOException.class, () -> WarmUp.run(folder));
        assertEquals(List.of("", "warm-up", "warm-up/folder", "warm-up/folder/inner"), names());
    }
}
