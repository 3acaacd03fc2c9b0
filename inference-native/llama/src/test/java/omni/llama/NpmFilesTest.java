package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpmFilesTest {
    private static final byte[] PACKAGE = new Archive()
            .file("package/LICENSE", "Apache")
            .file("package/page.js", "page")
            .file("package/page.js.map", "not needed")
            .file("package/deep/page.js", "not from the top")
            .bytes();

    @TempDir
    Path folder;

    private int fetched;

    private Path pack(String spec, Path into) throws IOException {
        assertEquals("page@1.2.3", spec);
        fetched++;
        return Files.write(into.resolve("package.tgz"), PACKAGE);
    }

    private void bring(String integrity, String... files) throws IOException {
        var cache = new NpmCache(folder.resolve("cache"), this::pack);
        NpmFiles.bring(cache, "page", "1.2.3", integrity, folder.resolve("classes"), List.of(files));
    }

    @Test
    void thePinnedPackagesFilesComeOnceBesideWhatIsThere() throws IOException {
        Files.createDirectories(folder.resolve("classes"));
        Files.writeString(folder.resolve("classes/own.js"), "own");
        bring(NativesTest.integrity(PACKAGE), "LICENSE", "page.js");
        bring(NativesTest.integrity(PACKAGE), "LICENSE", "page.js");

        assertEquals(1, fetched);
        assertEquals(List.of("LICENSE", "own.js", "page.js"), NativesTest.names(folder.resolve("classes")));
        assertEquals("page", Files.readString(folder.resolve("classes/page.js")));
    }

    @Test
    void anotherPackageIsRefusedAndSoIsAFileThatItDoesNotHave() throws IOException {
        var wrong = assertThrows(LlamaException.class, () -> bring(NativesTest.integrity(new byte[1]), "page.js"));
        assertEquals("the package is not the pinned one", wrong.problem());
        assertFalse(Files.exists(folder.resolve("classes")), "nothing was brought");

        var missing = assertThrows(LlamaException.class, () -> bring(NativesTest.integrity(PACKAGE), "absent.js"));
        assertEquals("a file is not there", missing.problem());
    }
}
