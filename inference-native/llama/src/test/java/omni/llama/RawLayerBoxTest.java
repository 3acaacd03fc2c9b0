package omni.llama;

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

/** The committed raw layer is, byte for byte, what jextract makes of the release's own headers. */
class RawLayerBoxTest {
    private static final Path MODULE = Tools.ROOT.resolve("inference-native/llama");

    @Test
    void generatedAgainItIsTheSame(@TempDir Path work) throws Exception {
        var output = work.resolve("again");
        Tools.run(
                work,
                List.of(
                        MODULE.resolve("regenerate").toString(),
                        Tools.llamaSource(work).toString(),
                        output.toString()));
        var committed = files(MODULE.resolve("src/generated/java"));
        var again = files(output);
        assertTrue(again.size() > 10, "it made the layer");
        assertEquals(List.of(), differences(committed, again));

        // The control: a changed byte and a file too many are seen.
        var planted = new TreeMap<>(again);
        var first = planted.firstKey();
        var bytes = planted.firstEntry().getValue().clone();
        bytes[bytes.length / 2] ^= 1;
        planted.put(first, bytes);
        planted.put("omni/llama/raw/planted.java", new byte[0]);
        assertEquals(List.of("omni/llama/raw/planted.java", first), differences(committed, planted));
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
                .sorted((x, y) -> y.compareTo(x))
                .toList();
    }
}
