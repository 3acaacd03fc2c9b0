package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceProfileTest {
    private static final Path PROFILES = Path.of(System.getProperty("omni.root"), "hardware-kit/profiles");
    private static final Set<String> KEYS = Set.of(
            "threads", "prefill_threads", "ubatch_tokens", "flash_attention", "kv_type", "gpu_layers", "load_mode");

    @TempDir
    Path work;

    @Test
    void aKnownBoxIsFound() {
        var profile = DeviceProfile.find(PROFILES, Constructed.jetson(work).report("aarch64"))
                .orElseThrow();
        assertEquals("Jetson Orin Nano 8GB", profile.name());
        assertEquals(KEYS, profile.priors().keySet());
        assertFalse(profile.source().isEmpty());
        assertFalse(profile.notes().isEmpty());
    }

    @Test
    void aProcessorIsKnownByAWordOfItsName() {
        Constructed.in(work).file("proc/cpuinfo", "processor: 0\nmodel name : Intel(R) N100");
        var profile = DeviceProfile.find(PROFILES, Constructed.in(work).report("x86_64"));
        assertTrue(profile.orElseThrow().name().startsWith("Intel N100"));
    }

    @Test
    void anUnknownBoxHasNone() {
        var report = Constructed.hybrid(work).report("x86_64");
        assertEquals(Optional.empty(), DeviceProfile.find(PROFILES, report));
        assertEquals(Optional.empty(), DeviceProfile.find(work.resolve("none"), report));
    }

    @Test
    void everyFileIsOfTheFormat() throws Exception {
        try (var files = Files.list(PROFILES)) {
            for (var file : files.toList()) {
                var text = Files.readString(file);
                for (var field : Set.of("name", "source", "match", "priors", "notes")) {
                    assertTrue(text.contains("\"" + field + "\""), file + " has no " + field);
                }
            }
        }
    }

    @Test
    void boundsOfMemoryMustFitToo() throws Exception {
        var folder = Files.createDirectory(work.resolve("profiles"));
        Files.writeString(
                folder.resolve("a.json"), "{\"name\":\"a\",\"match\":{\"cpu\":[\"i7\"],\"memoryGiBMin\":9999}}");
        Files.writeString(folder.resolve("b.json"), "{\"name\":\"b\",\"match\":{}}");
        Files.writeString(folder.resolve("c.json"), "{\"name\":\"c\",\"match\":{\"cpu\":[\"i7-1370P\"]}}");
        var report = Constructed.hybrid(work).report("x86_64");
        assertEquals("c", DeviceProfile.find(folder, report).orElseThrow().name());
    }

    @Test
    void aBrokenOneIsNamed() throws Exception {
        var report = Constructed.hybrid(work).report("x86_64");
        Files.writeString(work.resolve("broken.json"), "{");
        assertTrue(complaint(report).contains("broken.json"));
        Files.writeString(work.resolve("broken.json"), " ".repeat((64 << 10) + 1));
        assertTrue(complaint(report).contains("64 KiB"));
    }

    private String complaint(Report report) {
        return assertThrows(DeviceException.class, () -> DeviceProfile.find(work, report))
                .toString();
    }
}
