package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarTest {
    private static Map<String, String> read(byte[] archive, int entriesMax, long bytesMax) throws IOException {
        var files = new TreeMap<String, String>();
        Tar.read(new ByteArrayInputStream(archive), entriesMax, bytesMax, (name, content) -> {
            files.put(String.join("/", name), new String(content.readAllBytes(), StandardCharsets.UTF_8));
        });
        return files;
    }

    @Test
    void filesComeWithTheirBytes() throws IOException {
        var archive = new Archive()
                .folder("package/bins/")
                .file("package/a.txt", "alpha")
                .file("package/bins/empty", "")
                .file("package/bins/long", "x".repeat(1500))
                .bytes();
        var files = read(archive, 10, 10_000);
        assertEquals(3, files.size());
        assertEquals("alpha", files.get("package/a.txt"));
        assertEquals("x".repeat(1500), files.get("package/bins/long"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil",
                "package/../../evil",
                "/etc/evil",
                "package//evil",
                "./evil",
                "a\\..\\evil",
                "package/.."
            })
    void aNameThatLeavesItsFolderIsRefused(String name) throws IOException {
        assertEquals(
                1,
                read(new Archive().file("package/good", "x").bytes(), 10, 100).size(),
                "a good one passes");
        var archive = new Archive().file(name, "x").bytes();
        var refused = assertThrows(LlamaException.class, () -> read(archive, 10, 100));
        assertTrue(refused.detail().contains("leaves its folder"), refused.detail());
    }

    @ParameterizedTest
    @ValueSource(chars = {'1', '2', '3', '4', '6', 'x', 'g', 'L'})
    void linksDevicesAndExtensionsAreRefused(char type) {
        var archive = new Archive().entry("package/link", type, new byte[0]).bytes();
        var refused = assertThrows(LlamaException.class, () -> read(archive, 10, 100));
        assertTrue(refused.detail().contains("neither file nor folder"), refused.detail());
    }

    @Test
    void boundsAreCheckedOnePast() throws IOException {
        var archive = new Archive().file("a", "12345").file("b", "12345").bytes();
        assertEquals(2, read(archive, 2, 10).size());
        assertThrows(LlamaException.class, () -> read(archive, 1, 10));
        assertThrows(LlamaException.class, () -> read(archive, 2, 9));
    }

    @Test
    void aDamagedHeaderIsRefused() {
        var plain = new Archive().file("package/a", "x").plain();
        plain[0] = 'q';
        var archive = Archive.gzip(plain);
        assertThrows(LlamaException.class, () -> read(archive, 10, 100));
    }

    @Test
    void anArchiveCutShortIsAnError() {
        var plain = new Archive().file("package/a", "x".repeat(2000)).plain();
        var archive = Archive.gzip(Arrays.copyOf(plain, 1024));
        assertThrows(IOException.class, () -> read(archive, 10, 10_000));
        var header = Archive.gzip(Arrays.copyOf(plain, 100));
        assertThrows(IOException.class, () -> read(header, 10, 10_000));
    }
}
