package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativesTest {
    private static final byte[] PACKAGE = new Archive()
            .file("package/LICENSE", "MIT")
            .file("package/bins/test-x64/libllama.so", "llama")
            .file("package/bins/test-x64/libggml-base.so", "base")
            .file("package/bins/test-x64/libllama-common.so", "not needed")
            .file("package/bins/test-x64/addon.node", "not needed")
            .file("package/dist/libllama.so", "not from bins")
            .bytes();

    private final String integrity = integrity(PACKAGE);
    private Path cache = Path.of("");
    private int fetched;

    @BeforeEach
    void makeCache(@TempDir Path folder) {
        cache = folder;
    }

    private Natives natives(Npm npm) {
        return new Natives("1.2.3", Map.of("OMNI_CACHE", cache.toString()), npm, "");
    }

    private Path pack(String spec, Path folder) throws IOException {
        assertEquals("@node-llama-cpp/test-x64@1.2.3", spec);
        fetched++;
        return Files.write(folder.resolve("package.tgz"), PACKAGE);
    }

    private static Path offline(String spec, Path folder) {
        throw new LlamaException("npm could not fetch the package", spec + folder, "Connect once.");
    }

    static String integrity(byte[] archive) {
        try {
            return "sha512-"
                    + Base64.getEncoder()
                            .encodeToString(MessageDigest.getInstance("SHA-512").digest(archive));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<String> names(Path folder) throws IOException {
        try (var list = Files.list(folder)) {
            return list.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void thePinnedPackageIsUnpackedAndAnyOtherRefused() throws IOException {
        var wrong = integrity.replace(integrity.charAt(10), integrity.charAt(10) == 'A' ? 'B' : 'A');
        var refused =
                assertThrows(LlamaException.class, () -> natives(this::pack).cached("test-x64", wrong));
        assertEquals("the package is not the pinned one", refused.problem());
        assertEquals(List.of("test-x64.lock"), names(cache.resolve("natives/1.2.3")), "nothing was unpacked");

        var folder = natives(this::pack).cached("test-x64", integrity);
        assertEquals(cache.resolve("natives/1.2.3/test-x64"), folder);
        assertEquals(List.of("LICENSE", HashRecord.NAME, "libggml-base.so", "libllama.so"), names(folder));
        assertEquals("llama", Files.readString(folder.resolve("libllama.so")));
    }

    @Test
    void withASoundCacheNothingIsFetched() throws IOException {
        assertThrows(LlamaException.class, () -> natives(NativesTest::offline).cached("test-x64", integrity));
        natives(this::pack).cached("test-x64", integrity);
        var folder = natives(NativesTest::offline).cached("test-x64", integrity);
        assertEquals(1, fetched);
        assertTrue(HashRecord.isIntact(folder));
    }

    @Test
    void aDamagedCacheIsFetchedAgain() throws IOException {
        var folder = natives(this::pack).cached("test-x64", integrity);
        Files.writeString(folder.resolve("libllama.so"), "llamb");
        assertFalse(HashRecord.isIntact(folder));
        var refused =
                assertThrows(LlamaException.class, () -> NativeFiles.in(folder).verify());
        assertTrue(refused.detail().endsWith("libllama.so"));
        natives(this::pack).cached("test-x64", integrity);
        assertEquals(2, fetched);
        NativeFiles.in(folder).verify();
    }

    @Test
    void aFileThatIsGoneOrALinkIsDamageToo(@TempDir Path elsewhere) throws IOException {
        var folder = natives(this::pack).cached("test-x64", integrity);
        var file = folder.resolve("libllama.so");
        Files.move(file, elsewhere.resolve("same"));
        assertFalse(HashRecord.isIntact(folder));
        Files.createSymbolicLink(file, elsewhere.resolve("same"));
        assertFalse(HashRecord.isIntact(folder));
    }

    @Test
    void ownLibrariesComeFirst(@TempDir Path own, @TempDir Path target) throws IOException {
        Files.writeString(own.resolve("libllama.so.0"), "mine");
        Files.createSymbolicLink(own.resolve("libllama.so"), Path.of("libllama.so.0"));
        var natives = new Natives("1.2.3", Map.of("OMNI_LLAMA_LIB", own.toString()), NativesTest::offline, "");
        var folder = target.resolve("native");
        natives.into(folder);
        assertEquals("mine", Files.readString(folder.resolve("libllama.so")));
        NativeFiles.in(folder).verify();
        natives.into(folder);
        var empty = new Natives("1.2.3", Map.of("OMNI_LLAMA_LIB", target.toString()), NativesTest::offline, "");
        assertThrows(LlamaException.class, () -> empty.into(folder));
    }

    @Test
    void theCacheIsWhereTheEnvironmentSays() {
        assertEquals(Path.of("/c"), Natives.cache(Map.of("OMNI_CACHE", "/c", "XDG_CACHE_HOME", "/x")));
        assertEquals(Path.of("/x/omni"), Natives.cache(Map.of("XDG_CACHE_HOME", "/x")));
        assertEquals(Path.of(System.getProperty("user.home"), ".cache", "omni"), Natives.cache(Map.of()));
    }

    @Test
    void machinesHaveTheirPackages() throws IOException {
        assertEquals(Optional.of("linux-x64"), Platform.of("Linux", "amd64", ""));
        assertEquals(Optional.of("linux-arm64"), Platform.of("Linux", "aarch64", ""));
        assertEquals(Optional.of("linux-x64-cuda"), Platform.of("Linux", "amd64", "cuda"));
        assertEquals(Optional.of("mac-arm64-metal"), Platform.of("Mac OS X", "aarch64", ""));
        assertEquals(Optional.empty(), Platform.of("Linux", "s390x", ""));
        assertEquals(Optional.empty(), Platform.of("Plan 9", "amd64", ""));
        assertTrue(Natives.pin("linux-arm64").orElse("").startsWith("sha512-"));
        assertEquals(Optional.empty(), Natives.pin("linux-x64-none"));
    }

    @Test
    void whereThereIsNoPackageTheFolderIsEmpty(@TempDir Path target) throws IOException {
        var folder = Files.createDirectory(target.resolve("native"));
        Files.writeString(folder.resolve("libllama.so"), "of before");
        var none = new Natives("1.0.0", Map.of(), NativesTest::offline, "none");
        assertFalse(none.into(folder));
        try (var files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }
}
