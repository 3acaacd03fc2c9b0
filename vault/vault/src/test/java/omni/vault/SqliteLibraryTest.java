package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.JDBC;
import org.sqlite.util.OSInfo;

/** Where SQLite's native library passes: nothing of it is left where others may write, not even by a process that is killed. */
class SqliteLibraryTest {
    @TempDir
    Path folder;

    @Test
    void nothingIsLeftOnTheWay() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        run(WriterMain.class, temporary, List.of());
        assertEquals(List.of(), names(temporary));
        assertEquals(List.of("records.db", "records.db-shm", "records.db-wal"), names(folder.resolve("v")));
    }

    @Test
    void theDriverByItselfLeavesACopy() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        run(DriverMain.class, temporary, List.of());
        assertTrue(names(temporary).stream().anyMatch(name -> name.endsWith("libsqlitejdbc.so")));
    }

    @Test
    void fromAFolderItIsTakenAsItIs() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        Path library = Files.createDirectory(folder.resolve("library"));
        String resource = "/org/sqlite/native/" + OSInfo.getNativeLibFolderPathForCurrentOS() + "/libsqlitejdbc.so";
        try (InputStream in = JDBC.class.getResourceAsStream(resource)) {
            Files.copy(java.util.Objects.requireNonNull(in), library.resolve("libsqlitejdbc.so"));
        }
        run(WriterMain.class, temporary, List.of("-Dorg.sqlite.lib.path=" + library));
        assertEquals(List.of(), names(temporary));
        assertFalse(Files.exists(folder.resolve("v/native")));
    }

    /** Where the folder has none, the driver would take the one in its jar, by the way of temporary files. */
    @Test
    void aFolderWithoutItIsAnError() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        Process process = start(WriterMain.class, temporary, List.of("-Dorg.sqlite.lib.path=" + folder));
        assertTrue(process.inputReader().readAllLines().isEmpty());
        assertEquals(1, process.waitFor());
        assertEquals(List.of(), names(temporary));
    }

    /** As a full disk: no file may grow beyond 100 KiB. The control is each other test here. */
    @Test
    void whereThereIsNoRoomForItThatIsSaid() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        ProcessBuilder java = Jvm.process(
                List.of("-Djava.io.tmpdir=" + temporary, "-XX:-UsePerfData"),
                WriterMain.class,
                folder.resolve("v").toString());
        List<String> command = Stream.concat(
                        Stream.of("bash", "-c", "ulimit -f 100; exec \"$@\"", "-"), java.command().stream())
                .toList();
        Process process = java.command(command).redirectErrorStream(true).start();
        List<String> said = process.inputReader().readAllLines();
        assertEquals(1, process.waitFor());
        assertTrue(said.stream().anyMatch(line -> line.contains("there is no room on that disk")), said::toString);
        assertFalse(Files.exists(folder.resolve("v/native")));
    }

    private void run(Class<?> main, Path temporary, List<String> options) throws IOException, InterruptedException {
        Process process = start(main, temporary, options);
        assertEquals("1", process.inputReader().readLine());
        process.destroyForcibly().waitFor();
    }

    private Process start(Class<?> main, Path temporary, List<String> options) throws IOException {
        List<String> all = Stream.concat(options.stream(), Stream.of("-Djava.io.tmpdir=" + temporary))
                .toList();
        return Jvm.process(all, main, folder.resolve("v").toString()).start();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Loads the library as the driver does. */
    static final class DriverMain {
        private DriverMain() {}

        public static void main(String[] args) throws Exception {
            org.sqlite.SQLiteJDBCLoader.initialize();
            System.out.println("1");
            new java.util.concurrent.CountDownLatch(1).await(); // until it is killed
        }
    }
}
