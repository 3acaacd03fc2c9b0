package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlamaLibraryTest {
    @Test
    void saysWhatItIsAndWhatComputes() {
        assertTrue(Seed.LIBRARY.version().startsWith("0.5.0"));
        assertEquals(Seed.NATIVES.toAbsolutePath().normalize(), Seed.LIBRARY.directory());
        assertTrue(Seed.LIBRARY.backends().stream().anyMatch(b -> b.startsWith("cpu-")), "a variant was chosen");
        var cpu = Seed.LIBRARY.devices().stream()
                .filter(d -> d.kind() == Device.Kind.CPU)
                .findFirst()
                .orElseThrow();
        assertFalse(cpu.description().isBlank());
        assertTrue(cpu.memoryTotalBytes() > 0);
        assertTrue(Seed.LIBRARY.systemInfo().startsWith("CPU"));
        assertTrue(Seed.LIBRARY.sequencesMax() >= 64);
    }

    @Test
    void isLoadedOnceFromOneFolder(@TempDir Path other) {
        assertSame(Seed.LIBRARY, LlamaLibrary.open(Seed.NATIVES));
        var refused = assertThrows(LlamaException.class, () -> LlamaLibrary.open(other));
        assertEquals("another folder's libraries are loaded already", refused.problem());
    }

    @Test
    void theFolderComesFromTheEnvironment() {
        assertEquals(Path.of("/own"), LlamaLibrary.directory(Map.of("OMNI_LLAMA_LIB", "/own", "OMNI_APP", "/app")));
        assertEquals(Path.of("/app/native"), LlamaLibrary.directory(Map.of("OMNI_APP", "/app")));
        assertThrows(LlamaException.class, () -> LlamaLibrary.directory(Map.of()));
    }

    @Test
    void aFolderWithoutTheLibrariesIsNamed(@TempDir Path empty) {
        var missing =
                assertThrows(LlamaException.class, () -> NativeFiles.in(empty).library("llama"));
        assertTrue(missing.detail().contains(empty.toString()));
        assertThrows(LlamaException.class, () -> NativeFiles.in(empty.resolve("none")));
    }

    @Test
    void librariesAndVariantsAreFoundByName(@TempDir Path folder) throws IOException {
        for (var name : new String[] {
            "libggml.v0.5.0.so",
            "libggml-base.so",
            "libggml-cpu-haswell.so",
            "libggml-cpu-x64.so",
            "libggml-rpc.so",
            "libllama.so",
            "libllama.so.0",
            "libllama-common.so"
        }) {
            Files.createFile(folder.resolve(name));
        }
        var files = NativeFiles.in(folder);
        assertEquals(folder.resolve("libggml.v0.5.0.so"), files.library("ggml"));
        assertEquals(folder.resolve("libllama.so"), files.library("llama"));
        assertEquals(2, files.backends("cpu").size());
        assertEquals("cpu-haswell", NativeFiles.variant(files.backends("cpu").getFirst()));
    }
}
