package omni.vault;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite's native library. By itself the JDBC driver copies it to the folder for temporary files, where whoever may write could
 * put another in its place, and a killed process leaves it for good. Here it comes from the folder in {@value #PATH} where that is
 * set, and else goes through a folder of the vault's own, which is emptied once it is loaded. For any thread.
 */
final class SqliteLibrary {
    private static final String PATH = "org.sqlite.lib.path";
    private static final String TEMPORARY = "org.sqlite.tmpdir";

    /** At least what it takes. */
    private static final int LIBRARY_BYTES = 8 << 20;

    private SqliteLibrary() {}

    /** Loads it, where it is not loaded yet. */
    static synchronized void load(Path folder) throws VaultException {
        String path = System.getProperty(PATH);
        if (path != null) {
            checkHasIt(Path.of(path));
            initialize();
            return;
        }
        Path passage = folder.resolve("native");
        try {
            Files.createDirectories(
                    passage, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            String before = System.getProperty(TEMPORARY);
            System.setProperty(TEMPORARY, passage.toString());
            try {
                initialize();
            } catch (VaultException e) {
                requireRoom(passage);
                throw e;
            } finally {
                restore(before);
                empty(passage);
            }
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw noRoom(passage, e);
        }
    }

    /** The driver says only that it has no library: so what it did is tried, with what cannot be written elsewhere. */
    private static void requireRoom(Path passage) throws VaultException {
        try {
            Files.write(passage.resolve("room"), new byte[LIBRARY_BYTES]);
        } catch (IOException e) {
            throw noRoom(passage, e);
        }
    }

    private static VaultException noRoom(Path passage, IOException e) {
        return new VaultException(
                VaultException.Reason.FAILED,
                "SQLite's native library cannot be put in " + passage
                        + ": there is no room on that disk, or it cannot be" + " written. Free some MB.",
                e);
    }

    /** Else the driver would take the one in its jar after all. */
    private static void checkHasIt(Path folder) throws VaultException {
        Path library = folder.resolve(System.mapLibraryName("sqlitejdbc").replace(".dylib", ".jnilib"));
        if (!Files.isRegularFile(library)) {
            throw new VaultException(VaultException.Reason.FAILED, "There is no " + library + ".");
        }
    }

    private static void restore(@Nullable String before) {
        if (before == null) {
            System.clearProperty(TEMPORARY);
        } else {
            System.setProperty(TEMPORARY, before);
        }
    }

    // The driver's method throws Exception.
    private static void initialize() throws VaultException {
        try {
            SQLiteJDBCLoader.initialize();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new VaultException(VaultException.Reason.FAILED, "SQLite's native library does not load.", e);
        }
    }

    private static void empty(Path passage) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(passage)) {
            for (Path file : left) {
                Files.delete(file);
            }
        }
        Files.delete(passage);
    }
}
