package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed raw layer is, byte for byte, what jextract makes of NVIDIA's own headers. */
class RawLayerBoxTest {
    @Test
    void generatedAgainItIsTheSame(@TempDir Path work) throws Exception {
        var output = work.resolve("again");
        Tools.run(List.of(
                Tools.MODULE.resolve("regenerate").toString(), Tools.headers().toString(), output.toString()));
        var committed = files(Tools.MODULE.resolve("src/generated/java"));
        var again = files(output);
        assertTrue(again.size() > 4, "it made the layer");
        assertEquals(List.of(), differences(committed, again));

        // The control: a changed byte and a file too many are seen.
        var planted = new TreeMap<>(again);
        var first = planted.firstKey();
        var bytes = planted.firstEntry().getValue().clone();
        bytes[bytes.length / 2] ^= 1;
        planted.put(first, bytes);
        planted.put("omni/device/raw/planted.java", new byte[0]);
        assertEquals(List.of(first, "omni/device/raw/planted.java"), differences(committed, planted));
    }

    private static Map<String, byte[]> files(Path root) throws IOException {
        var files = new TreeMap<String, byte[]>();
        try (var walk = Files.walk(root)) {
            for (var file : walk.filter(Files::isRegularFile).toList()) {
                files.put(root.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    private static List<String> differences(Map<String, byte[]> a, Map<String, byte[]> b) {
        var names = new TreeSet<>(a.keySet());
        names.addAll(b.keySet());
        return names.stream()
                .filter(name -> !Arrays.equals(a.get(name), b.get(name)))
                .toList();
    }
}
